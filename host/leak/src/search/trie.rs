//! The forms, as a compressed trie: one edge per stretch of bytes on which no form branches off.
//!
//! A form is added in the time that it takes to read it, whatever else is in the trie. Two nodes and one copy of its
//! bytes are all that it costs.

use std::sync::OnceLock;

use zeroize::{Zeroize, Zeroizing};

use super::blocks::{Blocks, Bytes, Offset};
use super::entrances::{Entrance, Entrances, WINDOW};
use super::fan::Fan;
use super::ids::{FormId, Label, NodeId};
use super::prefixes::{common_prefix, z_function};
use crate::forms::encode::Encoded;

const ROOT: NodeId = 0;
const NONE: u32 = u32::MAX;

#[cfg(test)]
thread_local! {
    /// That walks took.
    pub(crate) static STEPS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

pub(crate) struct Trie {
    forms: Blocks<Stored>,
    bytes: Bytes,
    nodes: Blocks<Node>,
    /// Of the nodes with more children than a node has room for.
    fans: Blocks<Fan>,
    /// Children of the root by their first byte: nearly every walk begins here.
    first: Box<[NodeId; 256]>,
    /// The first node of at least 8 bytes, by those bytes.
    entrances: Entrances,
}

struct Stored {
    offset: Offset,
    length: u32,
    label: Label,
    /// Made when a text first holds a long piece of this form; boxed, since that is so of few.
    repeats: OnceLock<Box<Zeroizing<Vec<u32>>>>,
}

/// Half a cache line, and all that a step along a text needs besides the bytes to compare.
#[repr(align(32))]
struct Node {
    /// Bytes from the root to here.
    depth: u32,
    /// Any form that passes through here; it lends its bytes to the edge that leads here.
    through: FormId,
    offset: Offset,
    /// The form that ends here, or `NONE`.
    ending: FormId,
    children: Children,
}

/// With their first bytes.
#[derive(Clone, Copy)]
enum Children {
    /// Two at most; `NONE` where there is none.
    Few([u8; 2], [NodeId; 2]),
    /// In this fan.
    Many(u32),
}

/// How far a text goes along the trie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Walk {
    /// So many bytes of the text are the beginning of the form `along`.
    pub(crate) matched: usize,
    pub(crate) along: FormId,
    /// The longest form that the text begins with, or `None`.
    pub(crate) longest: Option<FormId>,
    /// The whole text is a proper prefix of some form.
    pub(crate) open: bool,
    /// The last node on the way.
    node: NodeId,
}

/// A node on the way to a form, where a walk may begin.
#[derive(Clone, Copy)]
pub(crate) struct Step {
    node: NodeId,
    depth: u32,
    /// The longest form that ended on the way here, or `NONE`.
    ended: FormId,
}

impl Step {
    pub(crate) const ROOT: Self = Self { node: ROOT, depth: 0, ended: NONE };

    pub(crate) fn depth(self) -> usize {
        self.depth as usize
    }
}

impl Default for Trie {
    fn default() -> Self {
        let mut nodes = Blocks::default();
        nodes.push(Node { depth: 0, through: NONE, offset: 0, ending: NONE, children: Children::NO });
        Self {
            forms: Blocks::default(),
            bytes: Bytes::default(),
            nodes,
            fans: Blocks::default(),
            first: Box::new([NONE; 256]),
            entrances: Entrances::default(),
        }
    }
}

impl Trie {
    pub(crate) fn len(&self) -> usize {
        self.forms.len()
    }

    pub(crate) fn label(&self, form: FormId) -> Label {
        self.forms[form].label
    }

    pub(crate) fn set_label(&mut self, form: FormId, label: Label) {
        self.forms[form].label = label;
    }

    pub(crate) fn length(&self, form: FormId) -> usize {
        self.forms[form].length as usize
    }

    /// All forms, in the order in which they came.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.forms.iter().map(|form| self.bytes_of(form))
    }

    fn bytes(&self, form: FormId) -> &[u8] {
        self.bytes_of(&self.forms[form])
    }

    fn bytes_of(&self, form: &Stored) -> &[u8] {
        &self.bytes.from(form.offset)[..form.length as usize]
    }

    /// The form that these bytes are.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<FormId> {
        self.walk(bytes, &mut Vec::new()).longest.filter(|&form| self.length(form) == bytes.len())
    }

    /// Adds a form, or returns the one that is the same.
    ///
    /// # Panics
    /// With an empty form or one of 4 GiB.
    pub(crate) fn insert(&mut self, bytes: Encoded, label: Label) -> Result<(), FormId> {
        let length = u32::try_from(bytes.len()).expect("a form is at most a few times as long as a value");
        assert!(length > 0, "an empty form would be found everywhere");
        let form = self.forms.len() as FormId;
        let (above, is_entered) = match self.entered(&bytes) {
            Some(node) => (self.split_at(&bytes, node), true),
            None => (self.split_at(&bytes, ROOT), false),
        };
        let depth = self.nodes[above].depth;
        let same = self.nodes[above].ending;
        if depth == length && same != NONE {
            return Err(same);
        }
        let offset = self.bytes.push(&bytes);
        if depth == length {
            self.nodes[above].ending = form;
        } else {
            let leaf = Node { depth: length, through: form, offset, ending: form, children: Children::NO };
            let leaf = self.nodes.push(leaf);
            self.set_child(above, bytes[depth as usize], leaf);
        }
        self.forms.push(Stored { offset, length, label, repeats: OnceLock::new() });
        if !is_entered {
            self.open_entrance(&bytes, offset);
        }
        Ok(())
    }

    /// Walks along `text` from the root, and adds the steps that it takes.
    pub(crate) fn walk(&self, text: &[u8], steps: &mut Vec<Step>) -> Walk {
        self.walk_on(text, Step::ROOT, None, 0, steps)
    }

    /// As [`walk`](Self::walk) if no form is shorter than 8 bytes and the text is not either; `None` if no form begins
    /// with its first 8.
    pub(crate) fn enter(&self, text: &[u8], steps: &mut Vec<Step>) -> Option<Walk> {
        let into = self.entrances.find(text.first_chunk()?)?;
        Some(self.walk_on(text, Step::ROOT, Some(into), WINDOW, steps))
    }

    /// As [`walk`](Self::walk), from a step that the text is known to reach, with so many bytes known to match.
    pub(crate) fn walk_from(&self, text: &[u8], step: Step, known: usize, steps: &mut Vec<Step>) -> Walk {
        self.walk_on(text, step, None, known, steps)
    }

    /// The first edge leads `into` a node if that is given, which may lie several nodes below.
    fn walk_on(
        &self,
        text: &[u8],
        mut step: Step,
        mut into: Option<Entrance>,
        known: usize,
        steps: &mut Vec<Step>,
    ) -> Walk {
        let mut along = self.nodes[step.node].through;
        let (matched, open) = loop {
            let depth = step.depth();
            let child = match into.take() {
                Some(entrance) => entrance,
                None if depth == text.len() => break (depth, self.branches(step.node)),
                None => {
                    let Some(child) = self.child(step.node, text[depth]) else { break (depth, false) };
                    Entrance { node: child, form: self.nodes[child].offset }
                }
            };
            #[cfg(test)]
            STEPS.with(|steps| steps.set(steps.get() + 1));
            let node = &self.nodes[child.node];
            along = node.through;
            let end = node.depth as usize;
            let matched = self.follow(child.form, text, depth.max(known), end);
            if matched < end {
                break (matched, matched == text.len());
            }
            step = self.step_into(child.node, step);
            steps.push(step);
        };
        Walk { matched, along, longest: (step.ended != NONE).then_some(step.ended), open, node: step.node }
    }

    /// Whether some form goes on behind the longest that a walk found, if that is all that matched.
    pub(crate) fn goes_on(&self, walk: Walk) -> bool {
        self.branches(walk.node)
    }

    fn step_into(&self, node: NodeId, from: Step) -> Step {
        let Node { depth, ending, .. } = self.nodes[node];
        Step { node, depth, ended: if ending == NONE { from.ended } else { ending } }
    }

    /// How far the text is the same as a form, which it is up to `from`; at most up to `end`.
    fn follow(&self, form: Offset, text: &[u8], from: usize, end: usize) -> usize {
        if from >= end {
            // Nothing left to compare: the form itself need not be fetched.
            return end;
        }
        let to = end.min(text.len());
        from + common_prefix(&self.bytes.from(form)[from..to], &text[from..to])
    }

    /// The nodes on the way to a form, the root first.
    pub(crate) fn path(&self, form: FormId, steps: &mut Vec<Step>) {
        steps.clear();
        let bytes = self.bytes(form);
        let mut step = Step::ROOT;
        while step.depth() < bytes.len() {
            steps.push(step);
            let child = self.child(step.node, bytes[step.depth()]).expect("every form has its path in the trie");
            step = self.step_into(child, step);
        }
        steps.push(step);
    }

    /// The forms that a form begins with, the shortest first and itself last.
    pub(crate) fn beginnings(&self, form: FormId) -> Vec<FormId> {
        let mut steps = Vec::new();
        self.path(form, &mut steps);
        let mut forms: Vec<FormId> = steps.iter().map(|step| step.ended).filter(|&ended| ended != NONE).collect();
        forms.dedup();
        forms
    }

    /// How a form repeats itself: at `i`, how many of its bytes from there on are its beginning again.
    pub(crate) fn repeats(&self, form: FormId) -> &[u32] {
        let form = &self.forms[form];
        form.repeats.get_or_init(|| Box::new(z_function(self.bytes_of(form))))
    }

    /// The first node that is deep enough to be entered, if it is on the way of `bytes`. It stays the first whatever is added
    /// behind it.
    fn entered(&self, bytes: &[u8]) -> Option<NodeId> {
        let Entrance { node, form } = self.entrances.find(bytes.first_chunk()?)?;
        let depth = self.nodes[node].depth as usize;
        bytes.get(..depth).is_some_and(|beginning| self.bytes.from(form).starts_with(beginning)).then_some(node)
    }

    /// The node at the end of the common way of `bytes` and the forms so far, from one on it on; made if it is in the middle
    /// of an edge.
    fn split_at(&mut self, bytes: &[u8], mut at: NodeId) -> NodeId {
        loop {
            let depth = self.nodes[at].depth as usize;
            let Some(&next) = bytes.get(depth) else { return at };
            let Some(child) = self.child(at, next) else { return at };
            let Node { through, offset, depth: end, .. } = self.nodes[child];
            let edge = &self.bytes.from(offset)[depth..end as usize];
            let common = common_prefix(edge, &bytes[depth..]);
            if common == edge.len() {
                at = child;
                continue;
            }
            let children = Children::Few([edge[common], 0], [child, NONE]);
            let middle = Node { depth: (depth + common) as u32, through, offset, ending: NONE, children };
            let middle = self.nodes.push(middle);
            self.set_child(at, next, middle);
            return middle;
        }
    }

    /// Leads walks that begin as the form does to the first node that is deep enough. An edge that was split later
    /// belongs to another form with the same beginning, which then leads to the new node.
    fn open_entrance(&mut self, bytes: &[u8], form: Offset) {
        let Some(window) = bytes.first_chunk::<WINDOW>() else { return };
        let mut node = ROOT;
        while self.nodes[node].depth < WINDOW as u32 {
            node =
                self.child(node, bytes[self.nodes[node].depth as usize]).expect("every form has its path in the trie");
        }
        self.entrances.set(window, Entrance { node, form });
    }

    fn branches(&self, id: NodeId) -> bool {
        if id == ROOT {
            return !self.forms.is_empty();
        }
        !matches!(self.nodes[id].children, Children::Few(_, [NONE, NONE]))
    }

    fn child(&self, id: NodeId, byte: u8) -> Option<NodeId> {
        let child = match &self.nodes[id].children {
            _ if id == ROOT => self.first[usize::from(byte)],
            Children::Many(fan) => return self.fans[*fan].child(byte),
            Children::Few([first, _], [child, _]) if *first == byte && *child != NONE => *child,
            Children::Few([_, second], [_, child]) if *second == byte => *child,
            Children::Few(..) => NONE,
        };
        (child != NONE).then_some(child)
    }

    fn set_child(&mut self, id: NodeId, byte: u8, child: NodeId) {
        if id == ROOT {
            self.first[usize::from(byte)] = child;
            return;
        }
        match &mut self.nodes[id].children {
            Children::Many(fan) => self.fans[*fan].set(byte, child),
            Children::Few(bytes, nodes) => {
                if let Some(at) = (0..2).find(|&at| nodes[at] == NONE || bytes[at] == byte) {
                    (bytes[at], nodes[at]) = (byte, child);
                    return;
                }
                let mut fan = Fan::default();
                bytes.iter().zip(nodes).for_each(|(byte, node)| fan.set(*byte, *node));
                fan.set(byte, child);
                bytes.zeroize();
                self.nodes[id].children = Children::Many(self.fans.push(fan));
            }
        }
    }
}

impl Children {
    const NO: Self = Self::Few([0; 2], [NONE; 2]);
}

/// The bytes at which forms branch say something about them too.
impl Drop for Node {
    fn drop(&mut self) {
        if let Children::Few(bytes, _) = &mut self.children {
            bytes.zeroize();
        }
    }
}
