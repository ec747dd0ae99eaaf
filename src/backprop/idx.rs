//! The IDX format, in which MNIST's images and labels come, packed by gzip or not.
//!
//! A file is a magic number (two bytes of 0, a type, the number of axes), the length of each axis as a big-endian `u32`, and the
//! entries, the last axis fastest. Only the type of MNIST, unsigned bytes, is read.
//!
//! Source: Y. LeCun, C. Cortes and C. J. C. Burges, *The MNIST database of handwritten digits*.

use std::{fs, io::Read, path::Path};

use flate2::read::MultiGzDecoder;
use ndarray::Array2;

use crate::Error;

/// The type code of unsigned bytes.
const UNSIGNED_BYTE: u8 = 8;

/// Reads a file of images: `n × (rows · columns)`, an image to a row, grey levels from 0 to 255.
///
/// ```
/// let path = std::env::temp_dir().join(format!("two-images-{}.idx3-ubyte", std::process::id()));
/// std::fs::write(&path, [0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 2, 10, 20, 30, 255])?;
/// assert_eq!(downhill::backprop::idx::images(&path)?, ndarray::array![[10.0, 20.0], [30.0, 255.0]]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::File`] when the file cannot be read or unpacked, is not an IDX file of three axes of unsigned bytes, or is longer or shorter
/// than it says.
pub fn images(path: impl AsRef<Path>) -> Result<Array2<f64>, Error> {
    let (axes, entries) = read::<3>(path.as_ref())?;
    let values = entries.into_iter().map(f64::from).collect();
    // There are as many entries as the axes say; but where there are none, the other axes may be of any length.
    let images = axes[1]
        .checked_mul(axes[2])
        .and_then(|p| Array2::from_shape_vec((axes[0], p), values).ok());
    images.ok_or_else(|| Error::File {
        path: path.as_ref().display().to_string(),
        reason: format!("its axes are {axes:?}, more than an array can have"),
    })
}

/// Reads a file of labels, one byte each.
///
/// ```
/// let path = std::env::temp_dir().join(format!("two-labels-{}.idx1-ubyte", std::process::id()));
/// std::fs::write(&path, [0, 0, 8, 1, 0, 0, 0, 2, 7, 3])?;
/// assert_eq!(downhill::backprop::idx::labels(&path)?, [7, 3]);
/// # std::fs::remove_file(&path)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// [`Error::File`] as [`images`], for a file of one axis.
pub fn labels(path: impl AsRef<Path>) -> Result<Vec<usize>, Error> {
    let (_, entries) = read::<1>(path.as_ref())?;
    Ok(entries.into_iter().map(usize::from).collect())
}

/// The lengths of the axes, and the entries.
fn read<const AXES: usize>(path: &Path) -> Result<([usize; AXES], Vec<u8>), Error> {
    let refuse = |reason: String| Error::File { path: path.display().to_string(), reason };
    let mut bytes = fs::read(path).map_err(|e| refuse(e.to_string()))?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        MultiGzDecoder::new(bytes.as_slice())
            .read_to_end(&mut unpacked)
            .map_err(|e| refuse(format!("damaged gzip: {e}")))?;
        bytes = unpacked;
    }
    let header = 4 + 4 * AXES;
    if bytes.len() < header {
        return Err(refuse(format!(
            "{} bytes, but the header of {AXES} axes takes {header}",
            bytes.len()
        )));
    }
    if bytes[..2] != [0, 0] {
        return Err(refuse(format!(
            "not an IDX file: it begins with {:02x} {:02x}",
            bytes[0], bytes[1]
        )));
    }
    if bytes[2] != UNSIGNED_BYTE {
        return Err(refuse(format!(
            "entries of type {:#04x}, but only unsigned bytes, 0x08, are read",
            bytes[2]
        )));
    }
    if usize::from(bytes[3]) != AXES {
        return Err(refuse(format!("{} axes, but {AXES} are needed", bytes[3])));
    }
    let axes: [usize; AXES] = std::array::from_fn(|axis| {
        let at = 4 + 4 * axis;
        u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]) as usize
    });
    let entries = bytes.split_off(header);
    let expected = axes.iter().try_fold(1_usize, |product, &length| product.checked_mul(length));
    if expected != Some(entries.len()) {
        return Err(refuse(format!("{} entries, but its axes are {axes:?}", entries.len())));
    }
    Ok((axes, entries))
}
