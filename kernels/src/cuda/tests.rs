//! What the registry's checks run on a GPU, or on the emulated one.
