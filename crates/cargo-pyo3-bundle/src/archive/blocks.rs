//! gzip in blocks, so that all cores can compress at once. Each block is a member of its own, and every gzip and tar
//! reads the members as one stream (RFC 1952, 2.2). The bytes depend on the input only.

use crate::threads;
use libdeflater::{CompressionLvl, Compressor};
use std::collections::VecDeque;
use std::io::{self, Write};
use std::thread::{self, JoinHandle};

/// Size of a block. Each begins with an empty window, but gzip's has only 32 KiB, so little is lost.
const BLOCK: usize = 4 << 20;

/// libdeflate's level. Higher ones take several times as long for one percent. docs/reproducible.md has the
/// measurements.
const LEVEL: i32 = 9;

pub struct Blocks<W> {
    out: W,
    block: Vec<u8>,
    /// Blocks that are being compressed, in the order of the input.
    working: VecDeque<JoinHandle<io::Result<Vec<u8>>>>,
    workers: usize,
}

impl<W: Write> Blocks<W> {
    pub fn new(out: W, workers: usize) -> Self {
        Blocks { out, block: Vec::with_capacity(BLOCK), working: VecDeque::new(), workers: workers.max(1) }
    }

    fn start(&mut self) -> io::Result<()> {
        if self.working.len() == self.workers {
            self.collect()?;
        }
        let block = std::mem::replace(&mut self.block, Vec::with_capacity(BLOCK));
        self.working.push_back(thread::Builder::new().stack_size(threads::STACK).spawn(move || member(&block))?);
        Ok(())
    }

    /// Waits for the first of the blocks that are being compressed, and writes it.
    fn collect(&mut self) -> io::Result<()> {
        let Some(first) = self.working.pop_front() else { return Ok(()) };
        let member = first.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        self.out.write_all(&member)
    }

    /// Writes all that is left. The last block may be shorter; without any input there is one empty block.
    pub fn finish(mut self) -> io::Result<W> {
        self.start()?;
        while !self.working.is_empty() {
            self.collect()?;
        }
        Ok(self.out)
    }
}

impl<W: Write> Write for Blocks<W> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.block.len() == BLOCK {
            self.start()?;
        }
        let taken = data.len().min(BLOCK - self.block.len());
        self.block.extend_from_slice(&data[..taken]);
        Ok(taken)
    }

    /// Does nothing: a block ends only where it is full.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Compresses a block. The member's header has neither a name nor a time.
fn member(block: &[u8]) -> io::Result<Vec<u8>> {
    let level = CompressionLvl::new(LEVEL).map_err(|error| io::Error::other(format!("{error:?}")))?;
    let mut compressor = Compressor::new(level);
    let mut member = vec![0; compressor.gzip_compress_bound(block.len())];
    let length = compressor.gzip_compress(block, &mut member).map_err(io::Error::other)?;
    member.truncate(length);
    Ok(member)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn pack(data: &[u8], workers: usize, piece: usize) -> Vec<u8> {
        let mut blocks = Blocks::new(Vec::new(), workers);
        data.chunks(piece).for_each(|piece| blocks.write_all(piece).unwrap());
        blocks.flush().unwrap();
        blocks.finish().unwrap()
    }

    #[test]
    fn the_bytes_depend_neither_on_the_workers_nor_on_how_the_input_came() {
        let data: Vec<u8> =
            (0..2 * BLOCK as u32 + 17).flat_map(|number| (number / 3).to_le_bytes()).take(2 * BLOCK + 17).collect();
        let packed = pack(&data, 1, 100_000);
        for (workers, piece) in [(2, 100_000), (7, 3 * BLOCK), (0, 4096)] {
            assert!(pack(&data, workers, piece) == packed, "{workers} {piece}");
        }
        let mut unpacked = Vec::new();
        flate2::bufread::MultiGzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
        assert!(unpacked == data);
        assert_eq!(packed[4..8], [0; 4], "no time");
        assert_eq!(packed[3], 0, "no name");
    }

    #[test]
    fn nothing_is_a_stream_and_a_full_block_has_no_empty_one_behind_it() {
        let read = |packed: &[u8]| {
            let mut out = Vec::new();
            flate2::bufread::GzDecoder::new(packed).read_to_end(&mut out).unwrap();
            out.len()
        };
        assert_eq!(read(&pack(&[], 2, 1)), 0);
        assert_eq!(read(&pack(&vec![7; BLOCK], 2, 4096)), BLOCK);
        assert_eq!(read(&pack(&vec![7; BLOCK + 1], 2, 4096)), BLOCK, "the first member only");
    }
}
