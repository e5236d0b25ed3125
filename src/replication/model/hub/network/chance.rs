//! What happens next: anything.

use super::*;

impl Network {
    /// One thing of all that may happen.
    pub fn step(&mut self) {
        self.now += self.below(700) as i64;
        match self.below(100) {
            0..40 => drop(self.deliver_any()),
            40..55 => {
                let clients: Vec<_> = self.links.keys().copied().collect();
                if let Some(&client) = clients.get(self.below(clients.len())) {
                    self.poll_link(client);
                }
            }
            55..65 => {
                let tickets: Vec<_> = self.threads.keys().copied().collect();
                if let Some(&ticket) = tickets.get(self.below(tickets.len())) {
                    self.run_thread(ticket);
                }
            }
            65..73 => {
                // Much while somebody may keep it.
                let most = if self.stuck.is_empty() { 60 } else { 2000 };
                let count = self.below(most);
                self.write(count);
            }
            73..80 => self.flush(),
            80..86 => {
                let peer = self.below(self.peers.len());
                if self.peers[peer].client.is_none() {
                    self.psync(peer);
                }
            }
            86..92 => {
                let peer = self.below(self.peers.len());
                self.acknowledge(peer);
            }
            92..95 => {
                let peer = self.below(self.peers.len());
                self.cut(peer);
            }
            95..97 if self.below(3) == 0 => self.unstick(),
            // What ends much for many is rare.
            95.. if self.below(if self.disk.is_some() { 30 } else { 6 }) > 0 => {}
            95.. => self.end_much(),
        }
        self.tick();
        self.check();
    }

    fn end_much(&mut self) {
        match self.below(5) {
            0 => self.promote(),
            1 => self.adopt(),
            2 => {
                let clients: Vec<_> = self.clients.iter().copied().collect();
                if let Some(&client) = clients.get(self.below(clients.len())) {
                    self.forget(client);
                }
            }
            3 => {
                let (id, offset) = (self.fresh_name(), self.below(1000) as i64);
                self.writer.replace(id, offset);
            }
            _ => {
                let id = self.fresh_name();
                match self.below(2) {
                    0 => self.writer.free(id),
                    _ => {
                        let old = self.writer.history().id();
                        self.names.becomes(old, self.writer.offset(), id);
                        self.writer.disown(id);
                    }
                }
            }
        }
    }

    /// The peer of a connection takes what stood before the answer.
    fn unstick(&mut self) {
        if let Some(client) = self.stuck.pop_first() {
            self.hand_over(client);
        }
    }

    /// Lets everything that is under way come to its end, without anything new.
    pub fn settle(&mut self) {
        self.flush();
        for _ in 0..100_000 {
            self.now += 1000;
            let tickets: Vec<_> = self.threads.keys().copied().collect();
            let mut moved = self.deliver_any();
            for ticket in tickets {
                moved |= self.run_thread(ticket);
            }
            for client in self.links.keys().copied().collect::<Vec<_>>() {
                let before = self.links[&client].unwritten();
                self.poll_link(client);
                moved |= self.links.get(&client).is_none_or(|link| link.unwritten() != before);
            }
            self.tick();
            self.check();
            if !moved && self.stuck.is_empty() {
                return;
            }
        }
        panic!("it never comes to rest");
    }
}
