//! `MEMORY DOCTOR`

use crate::commands::call::Call;
use crate::commands::command::Command;
use crate::commands::docs::Group;
use crate::commands::error::Outcome;
use crate::commands::server::info::facts;
use crate::info::{Excess, MemoryFacts};

pub const DOCTOR: Command = Command::new("doctor", 2, doctor)
    .tips(&["nondeterministic_output", "request_policy:all_shards", "response_policy:special"])
    .docs(Group::Server, "4.0.0", "Outputs memory problems report");

const MIB: usize = 1 << 20;
/// Below this nothing can be said.
const USED_MIN_BYTES: usize = 5 * MIB;

/// What is looked for, and what to tell of it.
const COMPLAINTS: &[(fn(&MemoryFacts, usize) -> bool, &str)] = &[
    (
        |memory, _| memory.peak as f64 > memory.used() as f64 * 1.5,
        "There was a peak of more than 1.5 times what is used now. Memory that was in use then \
         may not go back to the system, and counts as fragmentation: MEMORY PURGE may help.",
    ),
    (
        |memory, _| is_large(memory.total_overhead(), 1.4),
        "The process takes more than 1.4 times what is used: after a peak, or by a load that \
         leaves gaps. MEMORY PURGE may help.",
    ),
    (
        |memory, _| is_large(memory.fragmentation(), 1.1),
        "The allocator's pages have more than a tenth in gaps.",
    ),
    (
        |memory, _| is_large(memory.allocator_resident(), 1.1),
        "The allocator keeps more than a tenth beside the pages in use: MEMORY PURGE gives it \
         back.",
    ),
    (
        |memory, _| is_large(memory.resident_overhead(), 1.1),
        "The process takes more than a tenth beside what the allocator has.",
    ),
    (
        |memory, _| memory.replica_clients() > 10 * MIB,
        "More than 10 MB wait to be read by replicas: INFO replication shows which are behind.",
    ),
    (
        |memory, clients| memory.normal_clients / clients.max(1) > 200 * 1024,
        "Clients take more than 200 KB each, on average: CLIENT LIST shows which.",
    ),
];

fn is_large(excess: Excess, factor: f64) -> bool {
    excess.factor() > factor && excess.bytes() > (10 * MIB) as i64
}

fn doctor(call: &mut Call<'_>) -> Outcome {
    let memory = facts(call).memory().clone();
    let report = report(&memory, call.server.clients.len());
    call.reply.verbatim("txt", report.as_bytes());
    Ok(())
}

fn report(memory: &MemoryFacts, clients: usize) -> String {
    if memory.used() < USED_MIN_BYTES {
        return "There is too little in memory to say anything about it.\n".to_owned();
    }
    let found = COMPLAINTS.iter().filter(|(is_so, _)| is_so(memory, clients));
    let lines: String = found.map(|(_, text)| format!(" * {text}\n")).collect();
    if lines.is_empty() {
        return "Nothing is wrong with the memory.\n".to_owned();
    }
    format!("The memory could be used better:\n\n{lines}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::memory::Memory;

    fn used(megabytes: usize) -> MemoryFacts {
        let bytes = megabytes * MIB;
        let allocator =
            Memory { allocated: bytes, active: bytes, resident: bytes, ..Memory::default() };
        MemoryFacts { allocator, resident: bytes, peak: bytes, ..MemoryFacts::default() }
    }

    #[test]
    fn the_doctor_tells_what_is_wrong() {
        assert!(report(&used(1), 1).starts_with("There is too little"));
        assert!(report(&used(100), 1).starts_with("Nothing is wrong"));
        let peak = MemoryFacts { peak: 200 * MIB, ..used(100) };
        assert!(report(&peak, 1).contains(" * There was a peak"));
        let clients = MemoryFacts { normal_clients: MIB, ..used(100) };
        assert!(report(&clients, 1).contains(" * Clients take more"));
        assert!(!report(&clients, 100).contains(" * Clients take more"));
    }
}
