//! Units as many as the province has: 8 districts until 2025-07-01, 75 communes, 525 hamlets.

use registry_domain::time::Date;
use registry_domain::unit::{Level, Parentage, Title, Unit, UnitCode, UnitId, Units, Validity};

use crate::{Prepared, Unprepared, prepared};

const DISTRICTS: i32 = 8;
const COMMUNES: i32 = 75;
const HAMLETS: i32 = 525;

pub(crate) const PROVINCE: UnitId = UnitId::new(1);

const fn district(number: i32) -> UnitId {
    UnitId::new(100 + number)
}

const fn commune(number: i32) -> UnitId {
    UnitId::new(1_000 + number)
}

/// The hamlets by their keys.
pub(crate) fn hamlets() -> impl Iterator<Item = UnitId> {
    (0..HAMLETS).map(hamlet)
}

const fn hamlet(number: i32) -> UnitId {
    UnitId::new(10_000 + number)
}

/// The last day of the districts, and the first without.
pub(crate) fn days() -> Result<[Date; 2], Unprepared> {
    let day = |month, day| Date::from_ymd_opt(2025, month, day).ok_or(Unprepared::Value("date"));
    Ok([day(6, 30)?, day(7, 1)?])
}

fn unit(id: UnitId, code: &str, title: Title, validity: Validity) -> Result<Unit, Unprepared> {
    let name = format!("{} Vị Thuỷ {}", title.vietnamese(), id.get());
    Ok(Unit { id, code: code.parse()?, title, name, validity })
}

fn commune_code(number: i32) -> String {
    format!("{:05}", 31_300 + number)
}

fn hamlet_code(number: i32) -> String {
    format!("{}{:03}", commune_code(number % COMMUNES), number / COMMUNES)
}

pub(crate) fn province() -> Result<Units, Unprepared> {
    let [_, reform] = days()?;
    let always = Validity::default();
    let before = Validity { until: Some(reform), ..always };
    let since = Validity { from: Some(reform), ..always };
    let mut units = vec![unit(PROVINCE, "93", Title::Province, always)?];
    let mut parentages = Vec::new();
    let mut belongs =
        |unit, parent, validity| parentages.push(Parentage { unit, parent, validity });
    for number in 0..DISTRICTS {
        let code = (930 + number).to_string();
        units.push(unit(district(number), &code, Title::District, before)?);
        belongs(district(number), PROVINCE, before);
    }
    for number in 0..COMMUNES {
        units.push(unit(commune(number), &commune_code(number), Title::Commune, always)?);
        belongs(commune(number), district(number % DISTRICTS), before);
        belongs(commune(number), PROVINCE, since);
    }
    for number in 0..HAMLETS {
        units.push(unit(hamlet(number), &hamlet_code(number), Title::Hamlet, always)?);
        belongs(hamlet(number), commune(number % COMMUNES), always);
    }
    Ok(Units::build(units, &parentages, Vec::new())?)
}

/// What every hamlet belongs to.
pub(crate) fn ancestors() -> Result<Prepared, Unprepared> {
    let (units, days) = (province()?, days()?);
    Ok(prepared(move || {
        let above = |on| {
            let tree = units.tree(on);
            hamlets().map(|hamlet| tree.ancestors(hamlet).count()).sum::<usize>()
        };
        days.map(above)
    }))
}

/// Whether every hamlet lies in every district.
pub(crate) fn within() -> Result<Prepared, Unprepared> {
    let (units, [before, _]) = (province()?, days()?);
    Ok(prepared(move || {
        let tree = units.tree(before);
        let is_within = |hamlet| {
            (0..DISTRICTS).filter(|number| tree.is_within(hamlet, district(*number))).count()
        };
        hamlets().map(is_within).sum::<usize>()
    }))
}

/// The hamlets of the province and of every commune, as figures ask for them.
pub(crate) fn portions() -> Result<Prepared, Unprepared> {
    let (units, [_, since]) = (province()?, days()?);
    Ok(prepared(move || {
        let communes = (0..COMMUNES).map(|number| units.portions(commune(number), since).len());
        units.portions(PROVINCE, since).len() + communes.sum::<usize>()
    }))
}

/// Which hamlet every code means.
pub(crate) fn resolve() -> Result<Prepared, Unprepared> {
    let (units, [_, since]) = (province()?, days()?);
    let codes: Vec<UnitCode> =
        (0..HAMLETS).map(|number| hamlet_code(number).parse()).collect::<Result<_, _>>()?;
    Ok(prepared(move || {
        let found = codes.iter().filter_map(|code| units.resolve_hamlet(*code, since).ok());
        found.filter(|unit| unit.level() == Level::Hamlet).count()
    }))
}
