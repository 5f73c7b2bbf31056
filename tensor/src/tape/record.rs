//! [`Record`]: the list of operations that a tape holds.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::averages::Model;
use super::handle::Handle;
use super::rule::{Rule, Saved};
use crate::array::Dims;

/// What was computed, in the order in which it was: an operation comes after all that it uses, so that backward
/// is a walk from the end to the start, without recursion.
pub(super) struct Record {
    nodes: RefCell<Vec<Node>>,
    pub(super) recording: Cell<bool>,
    /// While nodes at the end are dropped.
    dropping: Cell<bool>,
}

/// One result on the tape.
pub(super) struct Node {
    pub(super) serial: u64,
    /// How many handles there are.
    held: Cell<u32>,
    pub(super) dims: Dims,
    pub(super) kind: Kind,
}

/// How a node came about.
pub(super) enum Kind {
    /// It was put on the tape; what is special about it if it is a model.
    Leaf(Option<Model>),
    /// An operation computed it.
    Operation(Operation),
    /// An operation that backward has walked over; its name.
    Released(&'static str),
}

/// A recorded operation.
pub(super) struct Operation {
    pub(super) rule: Box<dyn Rule>,
    /// The nodes it was computed from; none for what is not on the tape.
    pub(super) inputs: Vec<Option<usize>>,
    /// What backward needs.
    pub(super) saved: Vec<Saved>,
}

impl Record {
    pub(super) fn new() -> Rc<Self> {
        Rc::new(Record {
            nodes: RefCell::new(Vec::new()),
            recording: Cell::new(true),
            dropping: Cell::new(false),
        })
    }

    /// Runs `f` with recording on or off, and then as it was before, also where `f` panics.
    pub(super) fn recording_while<R>(&self, on: bool, f: impl FnOnce() -> R) -> R {
        struct Restore<'a>(&'a Cell<bool>, bool);
        impl Drop for Restore<'_> {
            fn drop(&mut self) {
                self.0.set(self.1);
            }
        }
        let _restore = Restore(&self.recording, self.recording.replace(on));
        f()
    }

    /// Appends a node.
    pub(super) fn push(self: &Rc<Self>, dims: Dims, kind: Kind) -> Handle {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        let mut nodes = self.nodes.borrow_mut();
        let index = nodes.len();
        nodes.push(Node { serial, held: Cell::new(1), dims, kind });
        Handle { record: Rc::clone(self), index, serial }
    }

    /// One handle more of node `index`.
    pub(super) fn hold(&self, index: usize) {
        let nodes = self.nodes.borrow();
        nodes[index].held.set(nodes[index].held.get() + 1);
    }

    /// One handle of node `index` less. Nodes at the end that nobody holds can never be asked for again.
    pub(super) fn release(&self, index: usize) {
        {
            let nodes = self.nodes.borrow();
            let held = &nodes[index].held;
            held.set(held.get() - 1);
            if held.get() > 0 || index + 1 < nodes.len() {
                return;
            }
        }
        // A node may own handles itself, whose end comes here again: the loop goes on with what they held, so that
        // a chain of them does not go deep into the stack.
        if self.dropping.replace(true) {
            return;
        }
        loop {
            let mut nodes = self.nodes.borrow_mut();
            let keep = nodes.iter().rposition(|node| node.held.get() > 0).map_or(0, |last| last + 1);
            if keep == nodes.len() {
                break;
            }
            let dropped: Vec<Node> = nodes.drain(keep..).collect();
            drop(nodes);
            drop(dropped);
        }
        self.dropping.set(false);
    }

    /// A handle of node `index`.
    pub(super) fn handle(self: &Rc<Self>, index: usize) -> Handle {
        self.hold(index);
        Handle { record: Rc::clone(self), index, serial: self.nodes.borrow()[index].serial }
    }

    /// What `f` says of node `index`.
    pub(super) fn node<R>(&self, index: usize, f: impl FnOnce(&Node) -> R) -> R {
        f(&self.nodes.borrow()[index])
    }

    /// Takes the operation of node `index` out, which then counts as released.
    pub(super) fn take(&self, index: usize) -> Kind {
        let mut nodes = self.nodes.borrow_mut();
        let kind = &mut nodes[index].kind;
        let rest = match kind {
            Kind::Leaf(model) => Kind::Leaf(model.clone()),
            Kind::Operation(operation) => Kind::Released(operation.rule.name()),
            Kind::Released(name) => Kind::Released(name),
        };
        std::mem::replace(kind, rest)
    }

    /// Puts an operation back.
    pub(super) fn restore(&self, index: usize, operation: Operation) {
        self.nodes.borrow_mut()[index].kind = Kind::Operation(operation);
    }

    /// How many nodes there are.
    pub(super) fn len(&self) -> usize {
        self.nodes.borrow().len()
    }
}

impl Node {
    /// Whether somebody holds it.
    pub(super) fn is_held(&self) -> bool {
        self.held.get() > 0
    }
}
