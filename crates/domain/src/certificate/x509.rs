//! X.509 certificates as they are sent (PEM): what the registry takes from them, and who signed them.
//!
//! RFC 5280. Nothing of the subject is kept but what [`Holder`] hashes.

use x509_parser::der_parser::oid;
use x509_parser::pem::Pem;
use x509_parser::prelude::{FromDer as _, X509Certificate};

use super::{Holder, IssuerName, SerialNumber, Validity};
use crate::fault::{Expected, Rule};
use crate::personal::CitizenNumber;
use crate::time::{Date, Instant, local_date};

/// The longest PEM text of one certificate, in bytes.
const LIMIT: usize = 16 << 10;

/// A certificate that was sent, taken apart.
#[derive(Debug, Clone)]
pub struct Presented {
    der: Vec<u8>,
    /// Its number.
    pub serial: SerialNumber,
    /// Who signed it: the common name, or the whole name if it has none.
    pub issuer: IssuerName,
    /// When it is good.
    pub validity: Validity,
    /// Whom it is for.
    pub holder: Holder,
}

/// An authority that a partner's certificates may be signed by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authority {
    der: Vec<u8>,
    /// Its name.
    pub name: IssuerName,
    /// When it is good.
    pub validity: Validity,
}

const NOT_A_CERTIFICATE: Rule = Rule::Malformed {
    expected: Expected {
        english: "one X.509 certificate as PEM, at most 16 KiB",
        vietnamese: "một chứng thư X.509 dạng PEM, tối đa 16 KiB",
    },
};

const NOT_AUTHORITIES: Rule = Rule::Malformed {
    expected: Expected {
        english: "up to 10 X.509 certificates of authorities (basicConstraints CA) as PEM",
        vietnamese: "tối đa 10 chứng thư X.509 của tổ chức cấp (basicConstraints CA) dạng PEM",
    },
};

impl Presented {
    /// Reads one certificate.
    pub fn parse(pem: &str) -> Result<Self, Rule> {
        let mut found = ders(pem, LIMIT).ok_or(NOT_A_CERTIFICATE)?.into_iter();
        let (Some(der), None) = (found.next(), found.next()) else { return Err(NOT_A_CERTIFICATE) };
        let parsed = parsed(&der).ok_or(NOT_A_CERTIFICATE)?;
        let taken = Self {
            serial: SerialNumber::from_octets(parsed.raw_serial())?,
            issuer: name(parsed.issuer()).ok_or(NOT_A_CERTIFICATE)?,
            validity: validity(&parsed).ok_or(NOT_A_CERTIFICATE)?,
            holder: holder(&parsed),
            der: Vec::new(),
        };
        drop(parsed);
        Ok(Self { der, ..taken })
    }

    /// Whether one of `authorities` has signed it and was good when its validity began.
    #[must_use]
    pub fn is_signed_by_any(&self, authorities: &[Authority]) -> bool {
        let Some(own) = parsed(&self.der) else { return false };
        authorities.iter().any(|authority| {
            let span = authority.validity;
            let timely = span.from <= self.validity.from && self.validity.from < span.until;
            timely
                && parsed(&authority.der).is_some_and(|authority| {
                    authority.subject().as_raw() == own.issuer().as_raw()
                        && own.verify_signature(Some(authority.public_key())).is_ok()
                })
        })
    }
}

impl Authority {
    /// The most authorities of a partner.
    const COUNT: usize = 10;

    /// Reads the authorities of a partner; none is fine.
    pub fn parse_all(pem: &str) -> Result<Vec<Self>, Rule> {
        let found = ders(pem, LIMIT * Self::COUNT).ok_or(NOT_AUTHORITIES)?;
        if found.len() > Self::COUNT {
            return Err(NOT_AUTHORITIES);
        }
        found.into_iter().map(|der| Self::from_der(der).ok_or(NOT_AUTHORITIES)).collect()
    }

    /// An authority by its certificate as stored.
    #[must_use]
    pub fn from_der(der: Vec<u8>) -> Option<Self> {
        let certificate = parsed(&der)?;
        let (name, validity) = (name(certificate.subject())?, validity(&certificate)?);
        let is_authority = certificate.is_ca();
        drop(certificate);
        is_authority.then_some(Self { der, name, validity })
    }

    /// Its certificate; the form that is stored.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }
}

/// The certificates in a PEM text; `None` if it is too long or holds anything else.
fn ders(pem: &str, limit: usize) -> Option<Vec<Vec<u8>>> {
    if pem.len() > limit {
        return None;
    }
    let blocks = Pem::iter_from_buffer(pem.as_bytes()).collect::<Result<Vec<_>, _>>().ok()?;
    let certificate = |block: Pem| (block.label == "CERTIFICATE").then_some(block.contents);
    blocks.into_iter().map(certificate).collect()
}

fn parsed(der: &[u8]) -> Option<X509Certificate<'_>> {
    let (rest, certificate) = X509Certificate::from_der(der).ok()?;
    rest.is_empty().then_some(certificate)
}

fn name(name: &x509_parser::x509::X509Name<'_>) -> Option<IssuerName> {
    let common = name.iter_common_name().next().and_then(|name| name.as_str().ok());
    IssuerName::parse(&common.map_or_else(|| name.to_string(), str::to_owned)).ok()
}

fn validity(certificate: &X509Certificate<'_>) -> Option<Validity> {
    let day = |seconds: i64| Instant::from_timestamp(seconds, 0).map(local_date);
    let from: Date = day(certificate.validity().not_before.timestamp())?;
    // The last second of its validity is still good. One without an end says 9999-12-31 (RFC 5280,
    // 4.1.2.5), which is the day after in the province, and the last day there is.
    let until = day(certificate.validity().not_after.timestamp())?.succ_opt()?;
    Some(Validity { from, until: until.min(Date::from_ymd_opt(9999, 12, 31)?) })
}

/// Public authorities of Vietnam write the citizen number into the subject's UID or serialNumber,
/// like `CCCD:093…`.
fn holder(certificate: &X509Certificate<'_>) -> Holder {
    let subject = certificate.subject();
    let user_id = oid!(0.9.2342.19200300.100.1.1);
    let serial_number = oid!(2.5.4.5);
    let texts = subject.iter_by_oid(&user_id).chain(subject.iter_by_oid(&serial_number));
    let person = texts.filter_map(|text| text.as_str().ok()).find_map(|text| {
        let number = text.rsplit_once(':').map_or(text, |(_, number)| number);
        CitizenNumber::parse(number).ok()
    });
    person.map_or_else(|| Holder::subject(subject.as_raw()), |number| Holder::person(&number))
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa,
        KeyPair, date_time_ymd,
    };

    use super::*;

    fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn leaf(by: &CertifiedIssuer<'_, KeyPair>, user_id: &str) -> String {
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "Nguyễn Thị Bưởi");
        let uid = DnType::CustomDnType(vec![0, 9, 2342, 19_200_300, 100, 1, 1]);
        params.distinguished_name.push(uid, user_id);
        params.serial_number = Some(vec![0x5a, 0x01].into());
        params.not_before = date_time_ymd(2024, 5, 1);
        params.not_after = date_time_ymd(2026, 5, 1);
        params.signed_by(&KeyPair::generate().unwrap(), by).unwrap().pem()
    }

    #[test]
    fn a_certificate_tells_number_issuer_validity_and_holder() {
        let authority = authority("VNPT-CA");
        let taken = Presented::parse(&leaf(&authority, "CCCD:000199001234")).unwrap();
        assert_eq!((taken.serial.as_str(), taken.issuer.as_str()), ("5A01", "VNPT-CA"));
        assert_eq!(taken.validity.from.to_string(), "2024-05-01");
        assert_eq!(taken.validity.until.to_string(), "2026-05-02");
        let number = CitizenNumber::parse("000199001234").unwrap();
        assert_eq!(taken.holder, Holder::person(&number));
        assert!(!format!("{taken:?}").contains("000199001234"));
    }

    #[test]
    fn only_an_authority_that_signed_it_is_believed() {
        let (own, namesake) = (authority("VNPT-CA"), authority("VNPT-CA"));
        let known =
            |issuer: &CertifiedIssuer<'_, KeyPair>| Authority::parse_all(&issuer.pem()).unwrap();
        let taken = Presented::parse(&leaf(&own, "CCCD:000199001234")).unwrap();
        assert!(taken.is_signed_by_any(&known(&own)));
        assert!(!taken.is_signed_by_any(&known(&namesake)));
        assert!(!taken.is_signed_by_any(&[]));
        // What is no authority can't be registered as one.
        assert!(Authority::parse_all(&leaf(&own, "CCCD:000199001234")).is_err());
        assert_eq!(Authority::parse_all(""), Ok(Vec::new()));
    }

    #[test]
    fn whatever_is_no_certificate_is_refused() {
        let one = leaf(&authority("VNPT-CA"), "CCCD:000199001234");
        let two = format!("{one}{one}");
        let cut = one.replace("MII", "MIJ");
        for wrong in ["", "nonsense", &one[..200], &two, &cut, &"A".repeat(20_000)] {
            assert!(Presented::parse(wrong).is_err());
        }
    }
}
