//! What clients saw, for the judgement afterwards.

/// What came of one post.
#[derive(Debug)]
pub enum Post {
    Acknowledged {
        receipt: String,
        /// Whether an earlier post had done it.
        replayed: bool,
    },
    HungUpWhileSending,
    HungUpBeforeAnswer,
    /// The server was killed before or while it answered.
    CutOff,
    /// The server had no place, and said so.
    TurnedAway,
    /// An answer that a partner's machine could not go on from.
    Unexpected(String),
}

/// All posts of one client or of several.
#[derive(Debug, Default)]
pub struct Record {
    /// How often each report was posted.
    pub posts: Vec<usize>,
    /// Every receipt, and for which report it came.
    pub receipts: Vec<(usize, String)>,
    pub replayed: usize,
    /// The reports whose post was said to be the one that did it.
    pub first: Vec<usize>,
    pub hung_up_while_sending: usize,
    pub hung_up_before_answer: usize,
    pub cut_off: usize,
    pub turned_away: usize,
    pub unexpected: Vec<String>,
}

impl Record {
    pub fn new(reports: usize) -> Self {
        Self { posts: vec![0; reports], ..Self::default() }
    }

    pub fn note(&mut self, report: usize, post: Post) {
        self.posts[report] += 1;
        match post {
            Post::Acknowledged { receipt, replayed } => {
                self.receipts.push((report, receipt));
                if replayed {
                    self.replayed += 1;
                } else {
                    self.first.push(report);
                }
            }
            Post::HungUpWhileSending => self.hung_up_while_sending += 1,
            Post::HungUpBeforeAnswer => self.hung_up_before_answer += 1,
            Post::CutOff => self.cut_off += 1,
            Post::TurnedAway => self.turned_away += 1,
            Post::Unexpected(answer) => self.unexpected.push(answer),
        }
    }

    pub fn add(&mut self, other: Self) {
        self.posts.iter_mut().zip(other.posts).for_each(|(sum, posts)| *sum += posts);
        self.receipts.extend(other.receipts);
        self.replayed += other.replayed;
        self.first.extend(other.first);
        self.hung_up_while_sending += other.hung_up_while_sending;
        self.hung_up_before_answer += other.hung_up_before_answer;
        self.cut_off += other.cut_off;
        self.turned_away += other.turned_away;
        self.unexpected.extend(other.unexpected);
    }

    /// Reports for which nobody ever got a receipt.
    pub fn unacknowledged(&self) -> Vec<usize> {
        let mut known = vec![false; self.posts.len()];
        self.receipts.iter().for_each(|(report, _)| known[*report] = true);
        (0..known.len()).filter(|report| !known[*report]).collect()
    }

    /// Reports that more than one post was told to have done.
    pub fn taken_again(&self) -> Vec<usize> {
        let times = |report: &usize| self.first.iter().filter(|first| *first == report).count();
        (0..self.posts.len()).filter(|report| times(report) > 1).collect()
    }
}
