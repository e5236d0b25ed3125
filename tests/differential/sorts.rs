//! SORT of lists and sets, by their elements, by keys and by fields. Not: sorted sets, which
//! redis-server lays out anew when it sorts them; ALPHA by what is looked up,
//! where redis-server leaves equal elements in an order by chance; a set that is not sorted, which
//! each keeps in its own order.

use crate::commands::{Command, Generator, args};
use crate::drive::random_commands;

#[test]
fn random_sorts_come_to_what_they_come_to_on_redis() {
    random_commands("sorts", Generator::sort_command);
}

impl Generator {
    pub fn sort_command(&mut self) -> Command {
        let number = self.random.below(3);
        let (list, set) = (format!("sl{number}"), format!("ss{number}"));
        let element = self.sortable();
        match self.random.below(12) {
            0..=2 => {
                let more = self.sortable();
                args(&[b"rpush", list.as_bytes(), element.as_bytes(), more.as_bytes()])
            }
            3 | 4 => args(&[b"sadd", set.as_bytes(), element.as_bytes()]),
            5 => {
                let name = format!("w_{element}");
                args(&[b"set", name.as_bytes(), self.sortable().as_bytes()])
            }
            6 => {
                let name = format!("h_{element}");
                let value = self.sortable();
                args(&[b"hset", name.as_bytes(), b"f", value.as_bytes(), b"g", b"x"])
            }
            7 => {
                let kind = self.one_of(&["w_", "h_", "sl", "ss", "stored"]);
                let name = format!("{kind}{}", self.random.below(5));
                args(&[b"del", name.as_bytes()])
            }
            8 => args(&[b"lrange", b"stored", b"0", b"-1"]),
            _ => self.sort(&list, &set),
        }
    }

    /// Words and numbers, also such that are not quite one. After one too large redis-server takes
    /// those that follow for too large too.
    fn sortable(&mut self) -> &'static str {
        if self.random.below(40) == 0 {
            return self.one_of(&["x", "1 ", "nan", " "]);
        }
        self.one_of(&["0", "1", "2", "3", "4", "10", "-7", "2.5", "", "inf", "-inf", " 3", "0x1f"])
    }

    fn sort(&mut self, list: &str, set: &str) -> Command {
        let is_list = self.random.below(2) == 0;
        let name = self.one_of(&["sort", "SORT", "sort_ro"]);
        let key = if is_list { list } else { set };
        let mut command = args(&[name.as_bytes(), key.as_bytes()]);
        let mut add = |words: &str| command.extend(words.split(' ').map(|w| w.as_bytes().to_vec()));
        let by = self.one_of(&["", "", "by w_*", "BY h_*->f", "by h_*->none", "by nosort"]);
        let is_sorted = by != "by nosort";
        if !by.is_empty() && (is_list || is_sorted) {
            add(by);
        } else if self.random.below(3) == 0 {
            add("alpha");
        }
        for option in [
            "limit 1 3",
            "LIMIT -1 2",
            "limit 2 -1",
            "limit 0 0",
            "limit 9 9",
            "limit x 1",
            "desc",
            "ASC",
            "get #",
            "get w_*",
            "GET h_*->f",
            "get h_*->",
            "get w_1",
            "store stored",
            "store",
            "foo",
        ] {
            if self.random.below(14) == 0 {
                add(option);
            }
        }
        command
    }
}
