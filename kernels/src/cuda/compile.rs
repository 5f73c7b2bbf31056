//! From CUDA C++ to a module in the memory of the GPU: NVRTC, and what it compiled before, kept on disk.

use std::collections::hash_map::DefaultHasher;
use std::ffi::CString;
use std::hash::{Hash, Hasher};
use std::io::Write;
use std::path::{Path, PathBuf};

use cudarc::nvrtc::{result, sys};

use super::CudaError;
use super::embedded::identity;
use crate::launch::{Define, Source};

/// What is compiled to.
#[derive(Clone, Copy)]
enum Kind {
    /// Code of one compute capability.
    Cubin,
    /// Text that the driver compiles further, for this and later ones.
    Ptx,
}

/// One compilation: everything that its result depends on.
pub(super) struct Job {
    text: String,
    /// Those that the kernels are chosen by: what names stand for.
    options: Vec<String>,
    capability: [u32; 2],
    /// NVRTC's version.
    version: [i32; 2],
}

impl Job {
    pub(super) fn new(source: &Source, defines: &[(&'static str, Define)], capability: [u32; 2]) -> Self {
        let mut options = vec!["--std=c++17".to_owned()];
        options.extend(defines.iter().map(|(name, value)| format!("-D{name}={value}")));
        let name = source.name;
        let text = format!("{}\n#line 1 \"{name}.cu\"\n{}", Source::PRELUDE, source.text);
        Job { text, options, capability, version: version() }
    }

    /// A number of the source and its options, which no GPU and no version of a compiler changes.
    pub(super) fn identity(&self) -> u64 {
        identity(self.options.iter().map(String::as_str).chain([self.text.as_str()]))
    }

    /// The compiled kernels: from the folder if it has them, else from NVRTC.
    ///
    /// # Errors
    /// What NVRTC says of a source that does not compile.
    pub(super) fn image(&self, folder: Option<&Path>) -> Result<Vec<u8>, String> {
        let Some(path) = folder.map(|folder| folder.join(self.file_name())) else {
            return self.compile(Kind::Cubin);
        };
        if let Some(image) = std::fs::read(&path).ok().and_then(|file| self.unpack(file)) {
            return Ok(image);
        }
        let image = self.compile(Kind::Cubin)?;
        // Without it the next start compiles again; nothing else is lost.
        let _ = self.keep(&path, &image);
        Ok(image)
    }

    /// The kernels for all GPUs from this one's compute capability on, with the zero that ends them.
    ///
    /// # Errors
    /// As for [`Job::image`].
    pub(super) fn ptx(&self) -> Result<Vec<u8>, String> {
        self.compile(Kind::Ptx)
    }

    fn key(&self) -> String {
        let [major, minor] = self.version;
        let (gpu, options) = (self.architecture(Kind::Cubin), self.options.join(" "));
        format!("castiron kernels, NVRTC {major}.{minor}, {gpu} {options}\n{}", self.text)
    }

    fn architecture(&self, kind: Kind) -> String {
        let [major, minor] = self.capability;
        let real_or_virtual = match kind {
            Kind::Cubin => "sm",
            Kind::Ptx => "compute",
        };
        format!("--gpu-architecture={real_or_virtual}_{major}{minor}")
    }

    fn file_name(&self) -> String {
        format!("{:016x}.cubin", hash(self.key().as_bytes()))
    }

    /// A file holds the key, so that two jobs of one name are told apart; the hash of the image, so that a file
    /// that was damaged is not run; and the image.
    fn keep(&self, path: &Path, image: &[u8]) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        // Another process may read it at any time: it appears whole or not at all.
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        let key = self.key();
        file.write_all(&(key.len() as u64).to_le_bytes())?;
        file.write_all(key.as_bytes())?;
        file.write_all(&hash(image).to_le_bytes())?;
        file.write_all(image)?;
        file.persist(path)?;
        Ok(())
    }

    fn unpack(&self, file: Vec<u8>) -> Option<Vec<u8>> {
        let (length, rest) = file.split_first_chunk::<8>()?;
        let (key, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*length)).ok()?)?;
        let (image_hash, image) = rest.split_first_chunk::<8>()?;
        let whole = key == self.key().as_bytes() && u64::from_le_bytes(*image_hash) == hash(image);
        whole.then(|| image.to_vec())
    }

    fn compile(&self, kind: Kind) -> Result<Vec<u8>, String> {
        if !super::Cuda::has_compiler() {
            return Err(CudaError::NoCompiler.to_string());
        }
        let options: Vec<String> =
            [self.architecture(kind)].into_iter().chain(self.options.clone()).collect();
        let text = CString::new(self.text.as_str()).map_err(|_| "the source holds a zero byte".to_owned())?;
        let said = |error: result::NvrtcError| format!("{error}");
        let program = result::create_program(&text, None).map_err(said)?;
        // SAFETY: `program` was just made, and is destroyed once, below.
        let image = unsafe { result::compile_program(program, &options) }.map_err(said).and_then(|()| {
            let mut size = 0;
            // SAFETY: a compiled program, and a place for a size.
            let answer = unsafe {
                match kind {
                    Kind::Cubin => sys::nvrtcGetCUBINSize(program, &mut size),
                    Kind::Ptx => sys::nvrtcGetPTXSize(program, &mut size),
                }
            };
            answer.result().map_err(said)?;
            let mut image = vec![0u8; size];
            let to = image.as_mut_ptr().cast();
            // SAFETY: as many bytes as NVRTC has just said.
            let answer = unsafe {
                match kind {
                    Kind::Cubin => sys::nvrtcGetCUBIN(program, to),
                    Kind::Ptx => sys::nvrtcGetPTX(program, to),
                }
            };
            answer.result().map_err(said)?;
            Ok(image)
        });
        let image = image.map_err(|error| {
            // SAFETY: the program is not destroyed yet.
            let log = unsafe { result::get_program_log(program) }.unwrap_or_default();
            let log: Vec<u8> = log.into_iter().map(|c| c as u8).take_while(|&c| c != 0).collect();
            format!("{error}\n{}", String::from_utf8_lossy(&log))
        });
        // SAFETY: made above, and not used any more.
        let _ = unsafe { result::destroy_program(program) };
        image
    }
}

/// Where compiled kernels are kept: the folder of the variable `CASTIRON_CACHE`, or `castiron` in the user's folder for
/// caches; nowhere if the variable is empty.
pub(super) fn folder() -> Option<PathBuf> {
    match std::env::var_os("CASTIRON_CACHE") {
        Some(folder) if folder.is_empty() => None,
        Some(folder) => Some(folder.into()),
        None => dirs::cache_dir().map(|folder| folder.join("castiron")),
    }
}

/// NVRTC's version; zeros where there is none.
pub(super) fn version() -> [i32; 2] {
    let [mut major, mut minor] = [0; 2];
    if !super::Cuda::has_compiler() {
        return [major, minor];
    }
    // SAFETY: places for two numbers.
    let _ = unsafe { sys::nvrtcVersion(&mut major, &mut minor) };
    [major, minor]
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damaged_and_foreign_files_are_not_used() {
        let job =
            |text: &str| Job { text: text.into(), options: vec![], capability: [9, 0], version: [13, 0] };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kernel.cubin");
        job("a").keep(&path, b"image").unwrap();
        let file = std::fs::read(&path).unwrap();
        assert_eq!(job("a").unpack(file.clone()).as_deref(), Some(&b"image"[..]));
        assert_eq!(job("b").unpack(file.clone()), None);
        for cut in 0..file.len() {
            assert_eq!(job("a").unpack(file[..cut].to_vec()), None);
        }
        for place in 0..file.len() {
            let mut damaged = file.clone();
            damaged[place] ^= 1;
            assert_eq!(job("a").unpack(damaged), None);
        }
    }
}
