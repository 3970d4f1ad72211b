//! Compiles one kernel for several instruction sets and picks the best at run time.

/// Which instruction set the machine has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// Whatever every machine of this architecture has.
    Base,
    /// x86-64 with AVX2 and FMA.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// x86-64 with AVX-512 F.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// The best level this machine has; the standard library remembers the answer.
pub(crate) fn level() -> Level {
    #[cfg(target_arch = "x86_64")]
    {
        if std::arch::is_x86_feature_detected!("avx512f") {
            return Level::Avx512;
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma")
        {
            return Level::Avx2;
        }
    }
    Level::Base
}

/// Wraps a plain function so that its loops are vectorised for the machine it runs on.
///
/// The arithmetic is the same on every level, `mul_add` included, and so are the bits.
macro_rules! vectorized {
    ($(#[$doc:meta])* $visibility:vis fn $name:ident($($argument:ident: $kind:ty),* $(,)?) $(-> $result:ty)? $body:block) => {
        $(#[$doc])*
        #[expect(
            clippy::allow_attributes,
            reason = "whether the inner functions are too long for clippy differs from kernel to kernel"
        )]
        #[allow(clippy::too_many_arguments, reason = "a kernel takes its buffers one by one")]
        $visibility fn $name($($argument: $kind),*) $(-> $result)? {
            #[allow(clippy::too_many_arguments, reason = "a kernel takes its buffers one by one")]
            #[inline(always)]
            fn body($($argument: $kind),*) $(-> $result)? $body

            #[cfg(target_arch = "x86_64")]
            #[allow(clippy::too_many_arguments, reason = "a kernel takes its buffers one by one")]
            #[target_feature(enable = "avx512f,avx512vl,avx512dq,avx512bw,fma,avx2")]
            fn avx512($($argument: $kind),*) $(-> $result)? {
                body($($argument),*)
            }

            #[cfg(target_arch = "x86_64")]
            #[allow(clippy::too_many_arguments, reason = "a kernel takes its buffers one by one")]
            #[target_feature(enable = "avx2,fma")]
            fn avx2($($argument: $kind),*) $(-> $result)? {
                body($($argument),*)
            }

            match $crate::kernels::dispatch::level() {
                // SAFETY: `level` has found the features that the function was compiled for.
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::dispatch::Level::Avx512 => {
                    #[expect(unsafe_code, reason = "calls what the machine was asked for")]
                    unsafe { avx512($($argument),*) }
                }
                // SAFETY: as above.
                #[cfg(target_arch = "x86_64")]
                $crate::kernels::dispatch::Level::Avx2 => {
                    #[expect(unsafe_code, reason = "calls what the machine was asked for")]
                    unsafe { avx2($($argument),*) }
                }
                $crate::kernels::dispatch::Level::Base => body($($argument),*),
            }
        }
    };
}
pub(crate) use vectorized;
