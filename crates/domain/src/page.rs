//! Keyset pages: what a client may ask of a list and what it gets. Knows no list in particular.

/// A request for part of an ordered list, keyed by `K`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest<K> {
    /// From which end, and how many items at most.
    pub take: Take,
    /// Only items after this key.
    pub after: Option<K>,
    /// Only items before this key.
    pub before: Option<K>,
}

/// The end of the list to take from, and the number of items.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Take {
    /// The first items in the list's order.
    First(usize),
    /// The last items, still told in the list's order.
    Last(usize),
}

impl Take {
    /// The largest number of items wanted.
    #[must_use]
    pub const fn limit(self) -> usize {
        match self {
            Self::First(limit) | Self::Last(limit) => limit,
        }
    }
}

impl<K> PageRequest<K> {
    /// The same request by other keys.
    #[must_use]
    pub fn map_keys<L>(self, change: impl Fn(K) -> L) -> PageRequest<L> {
        PageRequest {
            take: self.take,
            after: self.after.map(&change),
            before: self.before.map(&change),
        }
    }
}

/// A part of an ordered list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The items, in the list's order.
    pub items: Vec<T>,
    /// Whether items come before the first one here.
    pub has_previous: bool,
    /// Whether items come after the last one here.
    pub has_next: bool,
}

impl<T> Page<T> {
    /// Builds the page from up to `limit + 1` items fetched in the direction of `request`: the
    /// extra one only tells that there are more.
    ///
    /// At the other end the answer is "yes, if a cursor was given": the item of the cursor itself
    /// lies there.
    #[must_use]
    pub fn from_overfetch<K>(mut items: Vec<T>, request: &PageRequest<K>) -> Self {
        let more = items.len() > request.take.limit();
        items.truncate(request.take.limit());
        match request.take {
            Take::First(_) => Self { items, has_previous: request.after.is_some(), has_next: more },
            Take::Last(_) => {
                items.reverse();
                Self { items, has_previous: more, has_next: request.before.is_some() }
            }
        }
    }

    /// Cuts the page out of a whole list in memory, sorted by `key`.
    #[must_use]
    pub fn from_sorted<K: Ord>(
        sorted: impl DoubleEndedIterator<Item = T>,
        request: &PageRequest<K>,
        key: impl Fn(&T) -> K,
    ) -> Self {
        let inside = sorted.filter(|item| {
            let at = key(item);
            request.after.as_ref().is_none_or(|after| at > *after)
                && request.before.as_ref().is_none_or(|before| at < *before)
        });
        let fetched = match request.take {
            Take::First(limit) => inside.take(limit + 1).collect(),
            Take::Last(limit) => inside.rev().take(limit + 1).collect(),
        };
        Self::from_overfetch(fetched, request)
    }

    /// The same page with every item changed.
    #[must_use]
    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(change).collect(),
            has_previous: self.has_previous,
            has_next: self.has_next,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn walking_a_list_either_way_visits_everything_once(length in 0u32..60, size in 1usize..9) {
            let list: Vec<u32> = (0..length).collect();
            let mut forward: Vec<u32> = Vec::new();
            let mut after = None;
            loop {
                let request = PageRequest { take: Take::First(size), after, before: None };
                let page = Page::from_sorted(list.iter().copied(), &request, |item| *item);
                forward.extend(&page.items);
                after = page.items.last().copied();
                if !page.has_next { break; }
            }
            prop_assert_eq!(&forward, &list);

            let mut backward: Vec<u32> = Vec::new();
            let mut before = None;
            loop {
                let request = PageRequest { take: Take::Last(size), after: None, before };
                let page = Page::from_sorted(list.iter().copied(), &request, |item| *item);
                backward.extend(page.items.iter().rev());
                before = page.items.first().copied();
                if !page.has_previous { break; }
            }
            backward.reverse();
            prop_assert_eq!(backward, list);
        }
    }
}
