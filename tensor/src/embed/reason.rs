use super::text::Text;

/// Why a file is not a safetensors file, or none that is read at compile time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason<'a> {
    /// Not even the eight bytes of the header's length.
    NoLength { len: usize },
    /// Fewer bytes follow than the header is said to have.
    HeaderLength { said: u64, follow: usize },
    /// More than are read at compile time.
    LongHeader { said: u64, most: usize },
    /// Bytes of the header are no text.
    Utf8 { at: usize },
    /// The header is not the JSON that a safetensors file has.
    Expected { at: u32, what: &'static str },
    /// The header describes two tensors of one name.
    Twice { name: &'a str },
    /// The description of a tensor has not all of its parts.
    Incomplete { name: &'a str, part: &'static str },
    /// An element that safetensors does not know.
    UnknownElement { name: &'a str, element: &'a str },
    /// Dimensions whose product no computer can hold.
    TooLarge { name: &'a str },
    /// Elements of less than a byte that do not fill the last one.
    PartOfByte { name: &'a str },
    /// Data that end before they begin.
    Backwards { name: &'a str },
    /// Dimensions and element say one size, the place in the data another.
    Size { name: &'a str, dims: u64, data: u64 },
    /// Data that do not begin where those of the tensor before them end.
    Misplaced { name: &'a str, begin: u64, end_before: u64 },
    /// The data are shorter or longer than the tensors.
    DataLength { tensors: u64, data: usize },
}

impl Reason<'_> {
    /// In words.
    pub const fn say<const N: usize>(&self, to: &mut Text<N>) {
        match *self {
            Reason::NoLength { len } => {
                to.push("it has ");
                to.number(len as u64);
                to.push(" bytes, but the length of a header alone takes 8");
            }
            Reason::HeaderLength { said, follow } => {
                to.push("its header is said to have ");
                to.number(said);
                to.push(" bytes, but only ");
                to.number(follow as u64);
                to.push(" follow");
            }
            Reason::LongHeader { said, most } => {
                to.push("its header has ");
                to.number(said);
                to.push(" bytes, and at compile time at most ");
                to.number(most as u64);
                to.push(" are read");
            }
            Reason::Utf8 { at } => {
                to.push("its header is not UTF-8 from byte ");
                to.number(at as u64);
                to.push(" on");
            }
            Reason::Expected { at, what } => {
                to.push("expected ");
                to.push(what);
                to.push(" at byte ");
                to.number(at as u64);
                to.push(" of its header");
            }
            Reason::Twice { name } => {
                quoted(name, to);
                to.push(" is there twice");
            }
            Reason::Incomplete { name, part } => {
                quoted(name, to);
                to.push(" has no `");
                to.push(part);
                to.push("`");
            }
            Reason::UnknownElement { name, element } => {
                quoted(name, to);
                to.push(" has elements ");
                to.push(element);
                to.push(", which safetensors does not know");
            }
            Reason::TooLarge { name } => {
                quoted(name, to);
                to.push(" has dimensions that multiply to more bits than 64 bits can count");
            }
            Reason::PartOfByte { name } => {
                quoted(name, to);
                to.push(" ends within a byte");
            }
            Reason::Backwards { name } => {
                quoted(name, to);
                to.push(" ends before it begins");
            }
            Reason::Size { name, dims, data } => {
                quoted(name, to);
                to.push(" takes ");
                to.number(dims);
                to.push(" bytes by its dimensions, but ");
                to.number(data);
                to.push(" by its `data_offsets`");
            }
            Reason::Misplaced { name, begin, end_before } => {
                quoted(name, to);
                to.push(" begins at byte ");
                to.number(begin);
                to.push(" of the data, but what is before it ends at ");
                to.number(end_before);
            }
            Reason::DataLength { tensors, data } => {
                to.push("its tensors take ");
                to.number(tensors);
                to.push(" bytes, but ");
                to.number(data as u64);
                to.push(" follow the header");
            }
        }
    }
}

const fn quoted<const N: usize>(name: &str, to: &mut Text<N>) {
    to.push("`");
    to.push(name);
    to.push("`");
}
