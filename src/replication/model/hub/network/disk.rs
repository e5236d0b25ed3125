//! What the keyspace has on disk of the stream, and the thread that reads it.

use super::parties::Disk;
use super::*;
use crate::replication::model::backlog::storey::{StoredNews, StoredPlace, Stretch};
use crate::replication::model::stream_writer::StreamNews;

impl Network {
    /// Puts news of the stream on disk before anybody hears them, as the log does.
    pub fn store(&mut self, news: &StreamNews) {
        let chance = self.below(100);
        let Some(disk) = &mut self.disk else { return };
        let StreamNews::Appended { start, bytes } = news else {
            if matches!(news, StreamNews::Reset { .. } | StreamNews::Freed { .. }) {
                *disk = Disk::default();
                self.tell_stored(StoredNews::Lost);
            }
            return;
        };
        match chance {
            // An annotation stands between.
            0..5 => disk.write(b"#").goes_on = false,
            5..10 => {
                *disk = Disk { began_at: std::mem::take(&mut disk.began_at), ..Disk::default() }
            }
            10 => disk.is_full = true,
            11..40 => disk.is_full = false,
            _ => {}
        }
        if disk.is_full {
            if std::mem::take(&mut disk.goes_on) {
                self.tell_stored(StoredNews::Lost);
            }
            return;
        }
        let at = disk.bytes();
        disk.write(bytes);
        if !std::mem::replace(&mut disk.goes_on, true) {
            disk.began_at.push(*start);
            let stretch = Stretch { start: *start, file: disk.file.clone(), at };
            self.tell_stored(StoredNews::Begun(stretch));
        }
        if chance > 95 {
            self.drop_stored();
        }
    }

    /// An old file goes.
    fn drop_stored(&mut self) {
        let Some(disk) = &mut self.disk else { return };
        if disk.began_at.len() > 2 {
            let before = disk.began_at.remove(1);
            self.tell_stored(StoredNews::Dropped { before });
        }
    }

    pub fn tell_stored(&mut self, news: StoredNews) {
        self.mail.send(Actor::Keyspace, Actor::Hub, Body::Stored(news));
    }

    pub fn disk_hears(&mut self, body: Body) {
        let Body::Read { client, place } = body else { unreachable!("{body:?}") };
        let result = read(&place).map_err(|error| error.to_string());
        let fails = self.below(50) == 0;
        let result = if fails { Err("the disk is bad".to_owned()) } else { result };
        self.mail.send(Actor::Disk, Actor::Link(client), Body::StretchRead { result });
    }
}

fn read(place: &StoredPlace) -> std::io::Result<Bytes> {
    let mut bytes = vec![0; place.bytes];
    place.file.read_at(place.at, &mut bytes)?;
    Ok(bytes.into())
}
