//! What the generated networks, institutions and teams promise: published counts, and dates in order.

use std::collections::{BTreeMap, HashMap, HashSet};

use registry_domain::connectivity::MobileGeneration;
use registry_domain::fault::{Faults, Path};
use registry_domain::institution::{
    Feature, InstitutionKind, KnownFeature, NewFeature, is_digital,
};
use registry_domain::time::Date;

use super::{Recorded, SCALES, day, units};
use crate::{Demo, Scale};

#[tokio::test]
async fn every_commune_is_covered_and_2g_ends() {
    let units = units().await;
    let all = Recorded::of(&Demo::new(&units, Scale::Small));
    let mut faults = Faults::default();
    for (on, coverage) in &all.coverage {
        coverage.check(&units, *on, &Path::root(), &mut faults);
    }
    assert!(faults.or(Some(())).is_ok());
    let covered: HashSet<_> = { all.coverage.iter() }
        .filter(|(_, new)| new.key.network.generation == MobileGeneration::G4)
        .map(|(_, new)| new.key.commune)
        .collect();
    assert_eq!(covered.len(), 75);
    let second =
        all.coverage.iter().filter(|(_, new)| new.key.network.generation == MobileGeneration::G2);
    assert_eq!(second.count(), all.coverage_ends.len());
    let fifth =
        all.coverage.iter().filter(|(_, new)| new.key.network.generation == MobileGeneration::G5);
    assert!(fifth.clone().all(|(_, new)| new.key.from >= day("2024-10-16")));
    assert!(fifth.count() > 60);
}

#[tokio::test]
async fn schools_are_as_counted_and_all_are_digital_by_june_2024() {
    let units = units().await;
    let all = Recorded::of(&Demo::new(&units, Scale::Province));
    let mut kinds: BTreeMap<InstitutionKind, usize> = BTreeMap::new();
    for (_, new) in &all.institutions {
        *kinds.entry(new.kind).or_default() += 1;
    }
    assert_eq!(kinds.into_values().collect::<Vec<_>>(), [84, 156, 63, 23, 3, 1, 1, 40]);
    let mut features: HashMap<u32, Vec<KnownFeature>> = HashMap::new();
    for (_, NewFeature { code, feature, from, evidence }) in &all.features {
        assert!(*from >= all.institutions[code.number() as usize - 1].1.opened_on);
        assert_eq!(evidence.is_some(), matches!(feature, Feature::Criterion(_)));
        let known = KnownFeature { feature: *feature, from: *from, until: None, evidence: None };
        features.entry(code.number()).or_default().push(known);
    }
    let digital = |on: Date| {
        let schools =
            all.institutions.iter().zip(1..).filter(|((_, new), _)| {
                new.kind.is_school() && new.kind != InstitutionKind::Preschool
            });
        schools.filter(|(_, number)| is_digital(&features[number], on)).count()
    };
    let path = ["2021-06-30", "2022-12-31", "2023-12-31", "2024-05-31"].map(|on| digital(day(on)));
    println!("{path:?}");
    assert_eq!((path[0], path[3]), (0, 247));
    assert!(path.is_sorted() && (185..=212).contains(&path[2]), "{path:?}");
    let names: HashSet<_> =
        { all.institutions.iter() }.map(|(_, new)| (new.hamlet, new.name.clone())).collect();
    assert_eq!(names.len(), all.institutions.len());
}

#[tokio::test]
async fn teams_have_their_members_and_help_while_they_exist() {
    let units = units().await;
    for scale in SCALES {
        let all = Recorded::of(&Demo::new(&units, scale));
        let (first, again) = all.teams.split_at(600);
        let members: u32 = first.iter().map(|(_, team)| u32::from(team.members.get())).sum();
        assert_eq!(members, 3_740);
        let within = day("2022-03-01")..day("2023-07-01");
        assert!(first.iter().all(|(_, team)| within.contains(&team.founded_on)));
        assert_eq!(again.len(), 28);
        let mut told = HashSet::new();
        for (_, help) in &all.help {
            let team = &all.teams[help.team.number() as usize - 1].1;
            let hamlet = help.hamlet.unwrap();
            assert!(team.founded_on <= help.month.last_day());
            assert!(units.tree(help.month.last_day()).is_within(hamlet, team.unit), "{help:?}");
            assert!(told.insert((help.team, help.month, help.kind)), "{help:?}");
        }
    }
}
