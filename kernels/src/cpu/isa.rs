//! Which vector instructions this processor has, found out once, when a `Cpu` is made.

/// The instruction sets that kernels are compiled for, each into the same binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Isa {
    /// What the compilation target guarantees.
    Portable,
    /// x86-64 with AVX2 and FMA: 8 floats at a time.
    Avx2,
    /// x86-64 with AVX-512F: 16 floats at a time.
    Avx512,
}

impl Isa {
    /// The best that this processor and its operating system support. Works without `std`.
    pub fn detect() -> Self {
        #[cfg(target_arch = "x86_64")]
        {
            cpufeatures::new!(avx512, "avx512f", "avx512vl", "avx512dq", "avx512bw");
            cpufeatures::new!(avx2, "avx2", "fma");
            if avx2::get() {
                return if avx512::get() { Isa::Avx512 } else { Isa::Avx2 };
            }
        }
        Isa::Portable
    }
}

/// Compiles a function once per [`Isa`], and calls the version that its first argument names.
/// It may be generic over types (`<T: Bound>`). The body is ordinary code that LLVM vectorises with each version's registers.
macro_rules! multiversion {
    (
        $(#[$meta:meta])*
        $vis:vis fn $name:ident $(<$($generic:ident: $bound:path),*>)? (isa, $($arg:ident: $ty:ty),* $(,)?)
        $(-> $ret:ty)? $body:block
    ) => {
        $(#[$meta])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name $(<$($generic: $bound),*>)? (isa: $crate::Isa, $($arg: $ty),*) $(-> $ret)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body $(<$($generic: $bound),*>)? ($($arg: $ty),*) $(-> $ret)? $body

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx512 $(<$($generic: $bound),*>)? ($($arg: $ty),*) $(-> $ret)? {
                body $(::<$($generic),*>)? ($($arg),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[target_feature(enable = "avx2,fma")]
            #[allow(clippy::too_many_arguments)]
            fn avx2 $(<$($generic: $bound),*>)? ($($arg: $ty),*) $(-> $ret)? {
                body $(::<$($generic),*>)? ($($arg),*)
            }

            match isa {
                // SAFETY: `Isa::detect` returns a variant only where the processor has its features,
                // and a `Cpu` cannot be given a better one than was detected.
                #[cfg(target_arch = "x86_64")]
                $crate::Isa::Avx512 => unsafe { avx512 $(::<$($generic),*>)? ($($arg),*) },
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::Isa::Avx2 => unsafe { avx2 $(::<$($generic),*>)? ($($arg),*) },
                _ => body $(::<$($generic),*>)? ($($arg),*),
            }
        }
    };
}
pub(crate) use multiversion;
