//! Libraries of NVIDIA's that are looked up at run time, under all names that they are installed by.

/// The functions of a library, each answering with a number that is zero if all is well.
///
/// `get` looks for it once: nothing if it is not there, or has not all of them.
macro_rules! library {
    ($names:expr; $error_string:ident; $($name:ident: $symbol:ident($($type:ty),*);)*) => {
        #[allow(clippy::type_complexity)]
        pub(super) struct Library {
            error_string: unsafe extern "C" fn(c_int) -> *const std::ffi::c_char,
            $(pub(super) $name: unsafe extern "C" fn($($type),*) -> c_int,)*
            _library: libloading::Library,
        }

        impl Library {
            /// The library, if the machine has it.
            pub(super) fn get() -> Option<&'static Self> {
                static LIBRARY: std::sync::OnceLock<Option<Library>> = std::sync::OnceLock::new();
                LIBRARY.get_or_init(Library::load).as_ref()
            }

            fn load() -> Option<Self> {
                // SAFETY: it only loads the library, whose initialisers NVIDIA answers for.
                let load = |name: &&str| unsafe { libloading::Library::new(*name) }.ok();
                let library = $names.iter().find_map(load)?;
                // SAFETY: the types are those of the library's header.
                unsafe {
                    Some(Library {
                        error_string: *library.get(stringify!($error_string)).ok()?,
                        $($name: *library.get(stringify!($symbol)).ok()?,)*
                        _library: library,
                    })
                }
            }

            /// What an answer says.
            pub(super) fn words(&self, answer: c_int) -> String {
                // SAFETY: a static text for every number.
                let text = unsafe { std::ffi::CStr::from_ptr((self.error_string)(answer)) };
                text.to_string_lossy().into_owned()
            }
        }
    };
}
pub(super) use library;
