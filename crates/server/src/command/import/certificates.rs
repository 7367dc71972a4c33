//! Single certificates from a file.

use registry_domain::access::{PartnerCode, Scope};
use registry_domain::certificate::{
    CertificateKey, Holder, IssuerName, Kind as CertificateKind, NewCertificate, SerialNumber,
    Validity,
};
use registry_domain::fault::Faults;
use registry_domain::personal::CitizenNumber;
use registry_domain::unit::UnitCode;
use registry_persistence::{RegisterCertificates, Row, Store};

use super::Kind;
use super::rows::RawRow;

/// One certificate to be registered per row.
pub(super) struct Certificates;

impl Kind for Certificates {
    type Value = NewCertificate;
    type Command = RegisterCertificates;
    type Identity = CertificateKey;

    const SCOPE: Scope = Scope::CertificatesReport;
    const COLUMNS: &'static [(&'static str, &'static str)] = &[
        ("partner", "partner"),
        ("serial", "serial"),
        ("issuer", "issuer"),
        ("holder", "holder"),
        ("unit_code", "unit"),
        ("issued_on", "issuedOn"),
        ("valid_from", "validFrom"),
        ("valid_to", "validTo"),
        ("renewal", "renewal"),
    ];

    fn parse(row: &RawRow, store: &Store) -> Result<Row<NewCertificate>, Faults> {
        let at = row.at();
        let mut faults = Faults::default();
        let partner = faults.keep(at.field("partner"), row.cell(0).parse::<PartnerCode>());
        let serial = faults.keep(at.field("serial"), row.cell(1).parse::<SerialNumber>());
        let issuer = faults.keep(at.field("issuer"), IssuerName::parse(row.cell(2)));
        let holder = faults.keep(at.field("holder"), CitizenNumber::parse(row.cell(3)));
        let issued_on = faults.keep(at.field("issuedOn"), row.date(5));
        let on = issued_on.unwrap_or_else(|| store.today()).min(store.today());
        let unit = row.cell(4).parse::<UnitCode>();
        let unit = unit.and_then(|code| store.units().resolve(code, on).map(|unit| unit.id));
        let unit = faults.keep(at.field("unit"), unit);
        let from = faults.keep(at.field("validFrom"), row.date(6));
        let until = faults.keep(at.field("validTo"), row.date(7));
        let kind = faults.keep(at.field("renewal"), row.truth(8).map(kind));
        let key = serial.zip(issuer);
        let known = partner.zip(key).zip(holder.zip(unit)).zip(issued_on.zip(from).zip(until));
        let certificate = known.zip(kind).map(|((((partner, key), held), dates), kind)| {
            let ((serial, issuer), (holder, unit)) = (key, held);
            let ((issued_on, from), until) = dates;
            NewCertificate {
                key: CertificateKey { issuer, serial },
                partner,
                holder: Holder::person(&holder),
                unit,
                issued_on,
                validity: Validity { from, until },
                kind,
                presented: None,
            }
        });
        faults.or(certificate).map(|value| Row { at, value })
    }

    fn identities(certificate: &NewCertificate) -> Vec<(&'static str, CertificateKey)> {
        vec![("serial", certificate.key.clone())]
    }

    fn command(rows: Vec<Row<NewCertificate>>) -> RegisterCertificates {
        RegisterCertificates(rows)
    }
}

const fn kind(renewal: bool) -> CertificateKind {
    if renewal { CertificateKind::Renewal } else { CertificateKind::First }
}
