//! TLS: the certificate and its key, read again when the files change. Knows files, nothing of HTTP.

use std::fs;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ServerConfig};

use crate::config::TlsSettings;
use crate::error::ServerError;

/// How often the files are looked at, at most.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The certificate in use.
#[derive(Debug)]
pub struct Certificate {
    files: TlsSettings,
    shown: Mutex<Shown>,
}

struct Shown {
    acceptor: TlsAcceptor,
    version: Version,
    looked: Instant,
}

impl std::fmt::Debug for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shown").field("version", &self.version).finish_non_exhaustive()
    }
}

/// When and how long the two files were; `None` for one that is not there.
type Version = [Option<(SystemTime, u64)>; 2];

/// Why the files can't be used.
#[derive(Debug, thiserror::Error)]
enum Unusable {
    #[error("tls.certificate: {0}")]
    Certificate(pem::Error),
    #[error("tls.key: {0}")]
    Key(pem::Error),
    #[error("tls.certificate and tls.key: {0}")]
    Pair(#[from] rustls::Error),
}

impl Certificate {
    /// Reads the files.
    pub fn load(files: TlsSettings) -> Result<Self, ServerError> {
        let version = version(&files);
        let acceptor = read(&files);
        let acceptor = acceptor.map_err(|error| ServerError::Configuration(error.to_string()))?;
        let shown = Mutex::new(Shown { acceptor, version, looked: Instant::now() });
        Ok(Self { files, shown })
    }

    /// Greets with the newest certificate. A new one that can't be used is told of, and the old one stays.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if shown.looked.elapsed() >= LOOK_EVERY {
            shown.looked = Instant::now();
            let newest = version(&self.files);
            if newest != shown.version {
                shown.version = newest;
                match read(&self.files) {
                    Ok(acceptor) => {
                        tracing::info!("the certificate was read again");
                        shown.acceptor = acceptor;
                    }
                    Err(error) => {
                        tracing::error!(%error, "the new certificate can't be used; the old one stays");
                    }
                }
            }
        }
        shown.acceptor.clone()
    }
}

fn version(files: &TlsSettings) -> Version {
    let of = |metadata: fs::Metadata| Some((metadata.modified().ok()?, metadata.len()));
    let read = |metadata: io::Result<fs::Metadata>| metadata.ok().and_then(of);
    [read(fs::metadata(&files.certificate)), read(fs::metadata(&files.key))]
}

fn read(files: &TlsSettings) -> Result<TlsAcceptor, Unusable> {
    let chain = CertificateDer::pem_file_iter(&files.certificate);
    let chain = chain.and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(Unusable::Certificate)?;
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(Unusable::Key)?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}
