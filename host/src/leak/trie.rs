//! The forms, as a compressed trie: one edge per stretch of bytes on which no form branches off.
//!
//! A form is added in the time that it takes to read it, whatever else is in the trie. Two nodes and one copy of its
//! bytes are all that it costs.

use std::sync::OnceLock;

use zeroize::{Zeroize, Zeroizing};

use super::Form;
use super::encode::Encoded;
use super::entrances::{Entrances, WINDOW};

/// Whose form this is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Label {
    /// Index of the guarded value.
    pub(super) secret: u32,
    pub(super) form: Form,
}

pub(super) type FormId = u32;
pub(super) type NodeId = u32;

const ROOT: NodeId = 0;
const NONE: u32 = u32::MAX;

pub(super) struct Trie {
    forms: Vec<Stored>,
    nodes: Vec<Node>,
    /// Children of the root by their first byte: nearly every walk begins here.
    first: Box<[NodeId; 256]>,
    /// The first node of at least 8 bytes, by those bytes.
    entrances: Entrances,
}

struct Stored {
    bytes: Encoded,
    label: Label,
    /// Made when a text first holds a long piece of this form.
    repeats: OnceLock<Zeroizing<Vec<u32>>>,
}

struct Node {
    /// Bytes from the root to here.
    depth: u32,
    /// Any form that passes through here; it lends its bytes to the edge that leads here.
    through: FormId,
    /// The form that ends here, or `NONE`.
    ending: FormId,
    /// By first byte, in its order.
    children: Vec<(u8, NodeId)>,
}

/// How far a text goes along the trie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Walk {
    /// So many bytes of the text are the beginning of the form `along`.
    pub(super) matched: usize,
    pub(super) along: FormId,
    /// The longest form that the text begins with, or `None`.
    pub(super) longest: Option<FormId>,
    /// The whole text is a proper prefix of some form.
    pub(super) open: bool,
}

/// A node on the way to a form, where a walk may begin.
#[derive(Clone, Copy)]
pub(super) struct Step {
    node: NodeId,
    depth: u32,
    /// The longest form that ended on the way here, or `NONE`.
    ended: FormId,
}

impl Step {
    pub(super) const ROOT: Self = Self { node: ROOT, depth: 0, ended: NONE };

    pub(super) fn depth(self) -> usize {
        self.depth as usize
    }
}

impl Default for Trie {
    fn default() -> Self {
        let root = Node { depth: 0, through: NONE, ending: NONE, children: Vec::new() };
        Self { forms: Vec::new(), nodes: vec![root], first: Box::new([NONE; 256]), entrances: Entrances::default() }
    }
}

impl Trie {
    pub(super) fn len(&self) -> usize {
        self.forms.len()
    }

    pub(super) fn label(&self, form: FormId) -> Label {
        self.forms[form as usize].label
    }

    pub(super) fn bytes(&self, form: FormId) -> &[u8] {
        &self.forms[form as usize].bytes
    }

    /// All forms, in the order in which they came.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.forms.iter().map(|form| &**form.bytes)
    }

    /// The form that these bytes are.
    pub(super) fn find(&self, bytes: &[u8]) -> Option<FormId> {
        self.walk(bytes, &mut Vec::new()).longest.filter(|&form| self.bytes(form).len() == bytes.len())
    }

    /// Adds a form; of two that are the same the first keeps its label. Returns whether it is new.
    ///
    /// # Panics
    /// With an empty form or one of 4 GiB.
    pub(super) fn insert(&mut self, bytes: Encoded, label: Label) -> bool {
        let length = u32::try_from(bytes.len()).expect("a form is at most a few times as long as a value");
        assert!(length > 0, "an empty form would be found everywhere");
        let form = FormId::try_from(self.forms.len()).expect("fewer than four billion forms");
        let above = self.split_at(&bytes);
        if self.node(above).depth == length {
            if self.node(above).ending != NONE {
                return false;
            }
            self.nodes[above as usize].ending = form;
        } else {
            let leaf = self.push(Node { depth: length, through: form, ending: form, children: Vec::new() });
            self.set_child(above, bytes[self.node(above).depth as usize], leaf);
        }
        self.forms.push(Stored { bytes, label, repeats: OnceLock::new() });
        self.open_entrance(form);
        true
    }

    /// Walks along `text` from the root, and adds the steps that it takes.
    pub(super) fn walk(&self, text: &[u8], steps: &mut Vec<Step>) -> Walk {
        self.walk_on(text, Step::ROOT, None, 0, steps)
    }

    /// As [`walk`](Self::walk) if no form is shorter than 8 bytes and the text is not either; `None` if no form begins
    /// with its first 8.
    pub(super) fn enter(&self, text: &[u8], steps: &mut Vec<Step>) -> Option<Walk> {
        let into = self.entrances.find(text.first_chunk()?)?;
        Some(self.walk_on(text, Step::ROOT, Some(into), WINDOW, steps))
    }

    /// As [`walk`](Self::walk), from a step that the text is known to reach, with so many bytes known to match.
    pub(super) fn walk_from(&self, text: &[u8], step: Step, known: usize, steps: &mut Vec<Step>) -> Walk {
        self.walk_on(text, step, None, known, steps)
    }

    /// The first edge leads `into` a node if that is given, which may lie several nodes below.
    fn walk_on(
        &self,
        text: &[u8],
        mut step: Step,
        mut into: Option<NodeId>,
        known: usize,
        steps: &mut Vec<Step>,
    ) -> Walk {
        let mut along = self.node(step.node).through;
        let (matched, open) = loop {
            let mut depth = step.depth();
            let child = match into.take() {
                Some(child) => child,
                None if depth == text.len() => break (depth, self.branches(step.node)),
                None => {
                    let Some(child) = self.child(step.node, text[depth]) else { break (depth, false) };
                    depth += 1;
                    child
                }
            };
            let node = self.node(child);
            along = node.through;
            let end = node.depth as usize;
            let matched = self.follow(along, text, depth.max(known), end);
            if matched < end {
                break (matched, matched == text.len());
            }
            step = self.step_into(child, step);
            steps.push(step);
        };
        Walk { matched, along, longest: (step.ended != NONE).then_some(step.ended), open }
    }

    fn step_into(&self, node: NodeId, from: Step) -> Step {
        let Node { depth, ending, .. } = *self.node(node);
        Step { node, depth, ended: if ending == NONE { from.ended } else { ending } }
    }

    /// How far the text is the same as the form, which it is up to `from`; at most up to `end`.
    fn follow(&self, form: FormId, text: &[u8], from: usize, end: usize) -> usize {
        if from >= end {
            // Nothing left to compare: the form itself need not be fetched.
            return end;
        }
        let to = end.min(text.len());
        from + common_prefix(&self.bytes(form)[from..to], &text[from..to])
    }

    /// The nodes on the way to a form, the root first.
    pub(super) fn path(&self, form: FormId, steps: &mut Vec<Step>) {
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

    /// How a form repeats itself: at `i`, how many of its bytes from there on are its beginning again.
    pub(super) fn repeats(&self, form: FormId) -> &[u32] {
        let form = &self.forms[form as usize];
        form.repeats.get_or_init(|| z_function(&form.bytes))
    }

    /// The node at the end of the common way of `bytes` and the forms so far; made if it is in the middle of an edge.
    fn split_at(&mut self, bytes: &[u8]) -> NodeId {
        let mut at = ROOT;
        loop {
            let depth = self.node(at).depth as usize;
            let Some(&next) = bytes.get(depth) else { return at };
            let Some(child) = self.child(at, next) else { return at };
            let Node { through, depth: end, .. } = *self.node(child);
            let edge = &self.bytes(through)[depth..end as usize];
            let common = common_prefix(edge, &bytes[depth..]);
            if common == edge.len() {
                at = child;
                continue;
            }
            let branch = edge[common];
            let middle =
                Node { depth: (depth + common) as u32, through, ending: NONE, children: vec![(branch, child)] };
            let middle = self.push(middle);
            self.set_child(at, next, middle);
            return middle;
        }
    }

    /// Leads walks that begin as the form does to the first node that is deep enough. An edge that was split later
    /// belongs to another form with the same beginning, which then leads to the new node.
    fn open_entrance(&mut self, form: FormId) {
        let bytes = &self.forms[form as usize].bytes;
        let Some(window) = bytes.first_chunk::<WINDOW>().copied() else { return };
        let mut at = ROOT;
        while self.node(at).depth < WINDOW as u32 {
            at = self.child(at, bytes[self.node(at).depth as usize]).expect("every form has its path in the trie");
        }
        self.entrances.set(&window, at);
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.nodes.push(node);
        NodeId::try_from(self.nodes.len() - 1).expect("at most two nodes per form")
    }

    fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id as usize]
    }

    fn branches(&self, id: NodeId) -> bool {
        if id == ROOT { !self.forms.is_empty() } else { !self.node(id).children.is_empty() }
    }

    fn child(&self, id: NodeId, byte: u8) -> Option<NodeId> {
        if id == ROOT {
            let child = self.first[usize::from(byte)];
            return (child != NONE).then_some(child);
        }
        let children = &self.node(id).children;
        children.binary_search_by_key(&byte, |&(first, _)| first).ok().map(|at| children[at].1)
    }

    fn set_child(&mut self, id: NodeId, byte: u8, child: NodeId) {
        if id == ROOT {
            self.first[usize::from(byte)] = child;
            return;
        }
        let children = &mut self.nodes[id as usize].children;
        match children.binary_search_by_key(&byte, |&(first, _)| first) {
            Ok(at) => children[at].1 = child,
            Err(at) => children.insert(at, (byte, child)),
        }
    }
}

/// The bytes at which forms branch say something about them too.
impl Drop for Node {
    fn drop(&mut self) {
        self.children.iter_mut().for_each(|(byte, _)| byte.zeroize());
    }
}

pub(super) fn common_prefix(one: &[u8], other: &[u8]) -> usize {
    const WIDE: usize = 32;
    let wide =
        one.chunks_exact(WIDE).zip(other.chunks_exact(WIDE)).take_while(|(one, other)| one == other).count() * WIDE;
    let narrow = one[wide..].iter().zip(&other[wide..]).take_while(|(one, other)| one == other).count();
    wide + narrow
}

/// The Z function (Gusfield, Algorithms on Strings, Trees and Sequences, 1.4), in linear time.
fn z_function(bytes: &[u8]) -> Zeroizing<Vec<u32>> {
    let mut z = Zeroizing::new(vec![0_u32; bytes.len()]);
    z[0] = bytes.len() as u32;
    let (mut left, mut right) = (0, 0);
    for at in 1..bytes.len() {
        let known = if at < right { (z[at - left] as usize).min(right - at) } else { 0 };
        let length =
            if at + known < right { known } else { known + common_prefix(&bytes[known..], &bytes[at + known..]) };
        z[at] = length as u32;
        if at + length > right {
            (left, right) = (at, at + length);
        }
    }
    z
}
