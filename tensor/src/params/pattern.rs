/// Whether a parameter's name matches a pattern in which `*` stands for any characters and `?` for one.
/// A pattern that is not well-formed matches only itself.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    glob::Pattern::new(pattern).map_or(pattern == name, |pattern| pattern.matches(name))
}
