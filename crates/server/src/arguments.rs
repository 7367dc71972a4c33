//! The command line, as clap reads it. Knows the words of the domain and no other part.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use registry_domain::access::{Role, Scope};
use registry_domain::audit::{KeyFault, VerifierKey};
use registry_domain::fault::{Language, Rule};
use registry_domain::time::Date;
use registry_domain::unit::UnitCode;

/// The provincial digital-services registry (Sổ đăng ký dịch vụ số của tỉnh).
#[derive(Debug, Parser)]
#[command(name = "registry", version, max_term_width = 100)]
pub struct Arguments {
    /// What every command understands.
    #[command(flatten)]
    pub common: Common,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Where the registry keeps its things.
#[derive(Debug, Clone, Default, Args)]
pub struct Common {
    /// Folder of the database, the data key and `registry.toml` [default: ./data]
    #[arg(long, global = true, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Database: sqlite:PATH or postgres://… [default: registry.sqlite in the data folder]
    #[arg(long, global = true, value_name = "URL")]
    pub database: Option<String>,
    /// Configuration file [default: registry.toml in the data folder, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve the GraphQL API (chạy máy chủ)
    Serve {
        /// Open everything to everyone on this machine; fill an empty registry with the demo province
        #[arg(long)]
        demo: bool,
        /// Address to listen on [default: 127.0.0.1:8080]
        #[arg(long, value_name = "ADDR")]
        listen: Option<SocketAddr>,
    },
    /// Bring the database to this version, or back (nâng cấp cơ sở dữ liệu)
    #[command(subcommand)]
    Migrate(Migrate),
    /// Fill an empty registry with a generated province (sinh dữ liệu mẫu)
    Seed {
        /// How much
        #[arg(long, value_enum)]
        scale: Scale,
    },
    /// Print the GraphQL schema (in lược đồ GraphQL)
    Schema {
        /// Compare it with a file instead; exit 1 if they differ
        #[arg(long, value_name = "FILE")]
        check: Option<PathBuf>,
    },
    /// Rollups of the indicators (số liệu tổng hợp)
    #[command(subcommand)]
    Rollup(Rollup),
    /// The audit log: verify, export, checkpoints, witnesses (nhật ký kiểm toán)
    #[command(subcommand)]
    Audit(Audit),
    /// Read records from a CSV file (nhập dữ liệu từ tệp CSV)
    #[command(subcommand)]
    Import(Import),
    /// Write records to a CSV file (xuất dữ liệu ra tệp CSV)
    #[command(subcommand)]
    Export(Export),
    /// Documents that a registry in trusted mode executes (truy vấn được tin cậy)
    #[command(subcommand)]
    Documents(Documents),
    /// The configuration in force (cấu hình)
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Tokens to show to the API (mã truy cập)
    #[command(subcommand)]
    Token(Token),
    /// The keys that sign tokens (khoá ký)
    #[command(subcommand)]
    Key(Key),
    /// Partners and their public keys (đối tác)
    #[command(subcommand)]
    Partner(Partner),
}

/// What to do with the database's version.
#[derive(Debug, Subcommand)]
pub enum Migrate {
    /// Apply what is missing
    Up,
    /// Take back the newest migrations, data included
    Down {
        /// How many
        #[arg(long, default_value_t = 1, value_name = "N")]
        steps: u32,
    },
    /// List all migrations
    Status,
}

/// How large a province to generate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scale {
    /// About 2,000 households
    Small,
    /// About 20,000 households; for benchmarks of growth
    Tenth,
    /// About 201,000 households
    Province,
    /// About 2,000,000 households; for benchmarks of growth
    Tenfold,
}

/// What to do with the rollups.
#[derive(Debug, Subcommand)]
pub enum Rollup {
    /// Recompute from the records and print differences; exit 1 if there are any
    Check,
}

/// What to do with the audit log.
#[derive(Debug, Subcommand)]
pub enum Audit {
    /// Recompute everything from the events, check every signature and every record; exit 1 and the
    /// first bad places if anything is wrong
    Verify(VerifyAudit),
    /// Write events, their changes and proofs as JSON lines, and the newest checkpoint as the last
    Export(ExportAudit),
    /// Print the newest checkpoint
    Checkpoint,
    /// Print the public key that checkpoints are signed with
    Key,
    /// Make a key for a witness; print its public half
    NewWitness {
        /// The witness's name, like kiemtoan.example/1: no spaces, no plus
        name: String,
        /// Where to write the private half; must not exist
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
    },
    /// Check that the newest checkpoint goes on from the one seen last, sign it and print it
    Witness(WitnessAudit),
    /// Add a witness's signature to the checkpoint that it signs
    Cosign {
        /// The signed checkpoint, as `audit witness` printed it
        file: PathBuf,
        /// The witness's public key
        #[arg(long, value_name = "VKEY", value_parser = verifier_key)]
        witness: VerifierKey,
    },
}

/// What to verify, and what to trust.
#[derive(Debug, Args)]
pub struct VerifyAudit {
    /// A checkpoint kept from before: what it signs must still be there
    #[arg(long, value_name = "FILE")]
    pub from: Option<PathBuf>,
    /// The public key of the log, kept from the beginning [default: the database's own]
    #[arg(long, value_name = "VKEY", value_parser = verifier_key)]
    pub key: Option<VerifierKey>,
    /// Verify the log that is served here, like `https://registry.example/log`, instead of a database
    #[arg(long, value_name = "URL", requires = "key")]
    pub tiles: Option<String>,
    /// A file with a token that may read the log, for --tiles
    #[arg(long, value_name = "FILE", requires = "tiles")]
    pub token: Option<PathBuf>,
}

/// Which events to write.
#[derive(Debug, Args)]
pub struct ExportAudit {
    /// The first event, from 0
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub from: u64,
    /// The event to end before [default: all that the newest checkpoint signs]
    #[arg(long, value_name = "N")]
    pub to: Option<u64>,
    /// A checkpoint kept from before: prove that the log goes on from it
    #[arg(long, value_name = "FILE")]
    pub since: Option<PathBuf>,
}

/// How to witness.
#[derive(Debug, Args)]
pub struct WitnessAudit {
    /// The witness's private key
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The checkpoint seen last, replaced by the newest; none at the first time
    #[arg(long, value_name = "FILE")]
    pub state: PathBuf,
    /// The public key of the log, kept from the beginning
    #[arg(long, value_name = "VKEY", value_parser = verifier_key)]
    pub log: VerifierKey,
    /// Witness the log that is served here instead of a database
    #[arg(long, value_name = "URL")]
    pub tiles: Option<String>,
}

/// What to read.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Households to register: `hamlet_code,members,adults,working_age,registered_on,head_name,citizen_number,phone`
    Households(ImportFile),
    /// Connectivity surveys: `household_code,surveyed_on,fixed_technology,fixed_provider,mobile_generation,…`, as README lists them
    Connectivity(ImportFile),
    /// Single certificates: `partner,serial,issuer,holder,unit_code,issued_on,valid_from,valid_to,renewal`
    Certificates(ImportFile),
    /// Schools and banks to register: `kind,name,hamlet_code,opened_on`
    Institutions(ImportFile),
    /// Sellers to register: `kind,name,hamlet_code,household_code,registered_on`
    Sellers(ImportFile),
    /// Products to register: `seller_code,name,category,registered_on`
    Products(ImportFile),
    /// OCOP ratings of products: `product_code,stars,decided_on,decision`
    Ratings(ImportFile),
    /// Listings to publish: `product_code,marketplace,url,price_vnd,ocop_stars,listed_on,draft`
    Listings(ImportFile),
    /// Monthly sales of listings: `listing_code,month,orders,items,revenue_vnd,replace`
    ListingSales(ImportFile),
}

/// A file and how to treat it.
#[derive(Debug, Args)]
pub struct ImportFile {
    /// The CSV file: UTF-8, commas, LF
    pub file: PathBuf,
    /// Check everything, write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Write the rows without fault although there are faulty ones
    #[arg(long)]
    pub skip_faulty: bool,
    /// Where to list the faulty rows [default: FILE with `.faults.csv` added]
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
}

/// What to write.
#[derive(Debug, Subcommand)]
pub enum Export {
    /// Sellers: `code`, the columns of `import sellers`
    Sellers(ExportFile),
    /// Products: `code`, the columns of `import products`, `ocop_stars,ocop_decided_on,ocop_expires_on,ocop_decision` of the rating that holds today
    Products(ExportFile),
    /// Listings: `code`, the columns of `import listings`, `status`
    Listings(ExportFile),
}

/// What every export tells below its options.
const EXPORTED: &str = "\
The file is UTF-8 without BOM, with commas and LF, sorted by code; a file of that name is replaced when all is written. \
Names and decisions that begin with =, +, -, @, a tab or CR get an apostrophe before them, so that no \
spreadsheet runs them as formulas; take it away before importing them again.
Tệp UTF-8 không BOM, ngăn cột bằng dấu phẩy, xếp theo mã. Tên gọi và số quyết định bắt đầu bằng =, +, -, @, tab \
hoặc CR được thêm dấu nháy đơn phía trước để bảng tính không chạy như công thức; hãy bỏ dấu đó khi nhập lại.";

/// Where to write.
#[derive(Debug, Args)]
#[command(after_help = EXPORTED)]
pub struct ExportFile {
    /// The CSV file; `-` is standard output
    #[arg(long, default_value = "-")]
    pub file: PathBuf,
}

/// What to do with trusted documents.
#[derive(Debug, Subcommand)]
pub enum Documents {
    /// Add files, each one document as clients send it, byte for byte; all or none
    Add {
        /// GraphQL documents
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// List them: SHA-256, when and by whom they were added, name
    List,
}

/// What to tell of the configuration.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting, its value and where it came from; secrets hidden
    Show,
}

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Issue a token and print it, and nothing else; it is kept nowhere
    Issue(IssueToken),
    /// List the tokens in force: id, end, role, actor, partner, unit, scopes
    List {
        /// Those that are revoked or have expired, too
        #[arg(long)]
        all: bool,
    },
    /// Revoke a token: within five seconds no instance accepts it
    Revoke {
        /// The token's id, as `token list` tells it
        #[arg(value_name = "JTI")]
        id: String,
    },
}

/// A token to be issued.
#[derive(Debug, Args)]
pub struct IssueToken {
    /// Whom it is for: reader, officer, partner, auditor or admin
    #[arg(long, value_parser = role)]
    pub role: Role,
    /// The name that the record keeps [default: the partner's code or the role]
    #[arg(long, value_name = "NAME")]
    pub actor: Option<String>,
    /// The partner it acts for; a partner's token needs it
    #[arg(long, value_name = "CODE")]
    pub partner: Option<String>,
    /// The unit that writing is limited to, by its code of today; an officer's token needs it
    #[arg(long, value_name = "CODE", value_parser = unit_code)]
    pub unit: Option<UnitCode>,
    /// How long it is valid, like 30m, 1h or 90d
    #[arg(long, value_name = "TIME", default_value = "90d", value_parser = seconds)]
    pub ttl: i64,
    /// A permission, instead of the usual ones of the role; may be given several times
    #[arg(long = "scope", value_name = "SCOPE", value_parser = scope)]
    pub scopes: Vec<Scope>,
}

/// What to do with the keys that sign tokens.
#[derive(Debug, Subcommand)]
pub enum Key {
    /// Let a new key sign from now on; tokens signed before stay valid
    Rotate,
    /// List all keys, newest first
    List,
}

/// What to do with partners.
#[derive(Debug, Subcommand)]
pub enum Partner {
    /// List the partners and their keys
    List,
    /// Make a partner known
    Register {
        /// The partner's code, like VNPT: 2 to 16 capital letters or digits
        code: String,
        /// Its name
        name: String,
    },
    /// Change what is known of a partner; what is not given stays
    Update(UpdatePartner),
    /// Replace the authorities that a partner's certificates may be signed by
    Authorities {
        /// The partner's code, like VNPT
        code: String,
        /// Their certificates as PEM
        file: PathBuf,
    },
    /// Replace a partner's public keys by those of a JWK set
    Keys {
        /// The partner's code, like VNPT
        code: String,
        /// The JWK set
        file: PathBuf,
    },
}

/// What changes of a partner.
#[derive(Debug, Args)]
pub struct UpdatePartner {
    /// The partner's code, like VNPT
    pub code: String,
    /// Its name
    #[arg(long)]
    pub name: Option<String>,
    /// The agreement on whose ground it reports, as cited
    #[arg(long, value_name = "REFERENCE", requires = "agreed_from")]
    pub agreement: Option<String>,
    /// The agreement's first day
    #[arg(long, value_name = "DATE", requires = "agreement")]
    pub agreed_from: Option<Date>,
    /// The day after the agreement's last
    #[arg(long, value_name = "DATE", requires = "agreement")]
    pub agreed_until: Option<Date>,
    /// Whether its tokens are refused and nothing is taken from it
    #[arg(long, value_name = "true|false")]
    pub suspended: Option<bool>,
    /// Whether its reports must be signed by one of its keys
    #[arg(long, value_name = "true|false")]
    pub signatures_required: Option<bool>,
}

fn verifier_key(text: &str) -> Result<VerifierKey, String> {
    text.parse().map_err(|fault: KeyFault| fault.to_string())
}

fn role(text: &str) -> Result<Role, &'static str> {
    Role::from_name(text).ok_or("a role is reader, officer, partner, auditor or admin")
}

fn scope(text: &str) -> Result<Scope, String> {
    let names = || Scope::ALL.map(Scope::name).join(", ");
    Scope::from_name(text).ok_or_else(|| format!("a scope is one of {}", names()))
}

fn unit_code(text: &str) -> Result<UnitCode, String> {
    text.parse().map_err(|rule: Rule| rule.message(Language::English))
}

/// A time like `90d` in seconds.
fn seconds(text: &str) -> Result<i64, &'static str> {
    const EXPECTED: &str = "a time is a number and m, h or d, like 30m, 1h or 90d";
    let (at, unit) = text.char_indices().next_back().ok_or(EXPECTED)?;
    let seconds = match unit {
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return Err(EXPECTED),
    };
    let number: u32 = text[..at].parse().map_err(|_| EXPECTED)?;
    Ok(i64::from(number) * seconds)
}
