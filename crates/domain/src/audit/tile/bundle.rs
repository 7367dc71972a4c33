//! Bundles of entries: up to 256 rows, each behind its length in two bytes.

use super::FULL;

/// Why rows and a bundle don't become each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// A row does not fit behind a length of two bytes.
    #[error(
        "entry {entry} has {length} bytes; at most 65535 fit / mục {entry} có {length} byte; tối đa 65535"
    )]
    TooLong {
        /// The row's place in the bundle, from 0.
        entry: usize,
        /// Its bytes.
        length: usize,
    },
    /// A bundle holds no more rows than a tile has hashes.
    #[error("a bundle holds at most 256 entries / một gói chứa tối đa 256 mục")]
    TooMany,
    /// The bundle ends within a row.
    #[error("the bundle ends within entry {entry} / gói kết thúc giữa mục {entry}")]
    Truncated {
        /// The row's place in the bundle, from 0.
        entry: usize,
    },
}

/// Puts up to 256 rows of up to 65,535 bytes into a bundle.
pub fn encode_entries<'a>(
    entries: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<u8>, EntryFault> {
    let mut bundle = Vec::new();
    for (entry, bytes) in entries.into_iter().enumerate() {
        if entry == usize::from(FULL) {
            return Err(EntryFault::TooMany);
        }
        let length = u16::try_from(bytes.len())
            .map_err(|_| EntryFault::TooLong { entry, length: bytes.len() })?;
        bundle.extend(length.to_be_bytes());
        bundle.extend(bytes);
    }
    Ok(bundle)
}

/// Takes a bundle apart.
pub fn decode_entries(bundle: &[u8]) -> Result<Vec<&[u8]>, EntryFault> {
    let (mut entries, mut rest) = (Vec::new(), bundle);
    while !rest.is_empty() {
        let entry = entries.len();
        if entry == usize::from(FULL) {
            return Err(EntryFault::TooMany);
        }
        let read = rest
            .split_first_chunk()
            .and_then(|(length, rest)| rest.split_at_checked(u16::from_be_bytes(*length).into()));
        let (bytes, after) = read.ok_or(EntryFault::Truncated { entry })?;
        entries.push(bytes);
        rest = after;
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn slices(entries: &[Vec<u8>]) -> impl Iterator<Item = &[u8]> {
        entries.iter().map(Vec::as_slice)
    }

    #[test]
    fn limits_are_told() {
        let longest = vec![7; 65_535];
        let bundle = encode_entries([longest.as_slice(), &[]]).unwrap();
        assert_eq!(decode_entries(&bundle), Ok(vec![longest.as_slice(), &[]]));
        let longer = vec![7; 65_536];
        let fault = EntryFault::TooLong { entry: 1, length: 65_536 };
        assert_eq!(encode_entries([&[][..], &longer]), Err(fault));
        let full = encode_entries([&[][..]; 256]).unwrap();
        assert_eq!(decode_entries(&full).unwrap().len(), 256);
        assert_eq!(encode_entries([&[][..]; 257]), Err(EntryFault::TooMany));
        assert_eq!(decode_entries(&[full, vec![0, 0]].concat()), Err(EntryFault::TooMany));
        assert_eq!(decode_entries(&[]), Ok(vec![]));
    }

    proptest! {
        #[test]
        fn a_bundle_gives_back_its_rows_and_no_part_of_it_does(
            entries in vec(vec(any::<u8>(), 0..40), 0..40), cut in 1usize..42,
        ) {
            let bundle = encode_entries(slices(&entries)).unwrap();
            prop_assert_eq!(decode_entries(&bundle).unwrap(), slices(&entries).collect::<Vec<_>>());
            if let Some(last) = entries.last() && cut <= last.len() + 1 {
                let entry = entries.len() - 1;
                let part = &bundle[..bundle.len() - cut];
                prop_assert_eq!(decode_entries(part), Err(EntryFault::Truncated { entry }));
            }
        }

        #[test]
        fn any_bytes_are_a_bundle_or_are_refused(bytes in vec(any::<u8>(), 0..2_000)) {
            if let Ok(entries) = decode_entries(&bytes) {
                prop_assert_eq!(encode_entries(entries), Ok(bytes.clone()));
            }
        }
    }
}
