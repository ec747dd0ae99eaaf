//! A trained network as a file.

use std::{fs, path::Path};

use flate2::Crc;
use ndarray::Array1;
use serde::{Deserialize, Serialize};

use super::{Activation, Mlp};
use crate::Error;

/// What the files call themselves.
const FORMAT: &str = "downhill multilayer perceptron, version 2";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    format: String,
    sizes: Vec<usize>,
    activations: Vec<Activation>,
    /// CRC-32 of sizes, activations and parameters: a changed digit is found, which JSON alone would not.
    checksum: u32,
    parameters: Vec<f64>,
}

/// CRC-32 of the sizes and activations as Rust prints them, and of the parameters as little-endian bytes.
fn checksum(network: &Mlp) -> u32 {
    let mut crc = Crc::new();
    crc.update(format!("{:?}{:?}", network.sizes(), network.activations()).as_bytes());
    for parameter in network.parameters() {
        crc.update(&parameter.to_le_bytes());
    }
    crc.sum()
}

impl Mlp {
    /// Writes the network to a JSON file: sizes, activations, parameters to the last bit.
    ///
    /// ```
    /// use downhill::backprop::{Activation, Initialisation, Mlp};
    /// let path = std::env::temp_dir().join(format!("network-{}.json", std::process::id()));
    /// let network = Mlp::new(&[2, 3, 1], Activation::Tanh, Activation::Identity, Initialisation::Glorot, &mut downhill::rng(1))?;
    /// network.save(&path)?;
    /// assert_eq!(Mlp::load(&path)?, network);
    /// # std::fs::remove_file(&path).unwrap();
    /// # Ok::<(), downhill::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::File`] when the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        let saved = Saved {
            format: FORMAT.into(),
            sizes: self.sizes(),
            activations: self.activations(),
            checksum: checksum(self),
            parameters: self.parameters().to_vec(),
        };
        let refuse =
            |reason: String| Error::File { path: path.as_ref().display().to_string(), reason };
        let text = serde_json::to_string(&saved).map_err(|e| refuse(e.to_string()))?;
        fs::write(&path, text).map_err(|e| refuse(e.to_string()))
    }

    /// Reads a network that [`Mlp::save`] wrote.
    ///
    /// # Errors
    /// [`Error::File`] when the file cannot be read, is not such a file, or is damaged: the reason says which.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let refuse =
            |reason: String| Error::File { path: path.as_ref().display().to_string(), reason };
        let text = fs::read_to_string(&path).map_err(|e| refuse(e.to_string()))?;
        let saved: Saved =
            serde_json::from_str(&text).map_err(|e| refuse(format!("not a saved network: {e}")))?;
        if saved.format != FORMAT {
            return Err(refuse(format!("its format is {:?}, not {FORMAT:?}", saved.format)));
        }
        let network =
            Self::from_parameters(&saved.sizes, &saved.activations, Array1::from(saved.parameters))
                .map_err(|e| refuse(format!("its parts do not fit: {e}")))?;
        if checksum(&network) != saved.checksum {
            return Err(refuse(
                "damaged: the network does not have the checksum that was saved with it".into(),
            ));
        }
        Ok(network)
    }
}
