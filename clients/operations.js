// What the clients ask for.

export const UNIT = '{ unit(ref: { codeOn: { code: "92", on: "2026-11-01" } }) { id name } }';

export const REGISTER = `mutation($input: RegisterHouseholdInput!) {
  registerHousehold(input: $input) { household { code } errors { code path message } } }`;

export const FIBRE = `subscription {
  indicatorsChanged(unit: { codeOn: { code: "92", on: "2026-11-01" } }, codes: [HOUSEHOLD_FIBRE]) {
    numerator denominator } }`;

export const householdInput = {
  hamlet: { code: '31333001' },
  composition: { members: 4, adults: 3, workingAge: 2 },
  head: { name: 'Nguyễn Thị Bưởi' },
  registeredOn: '2022-06-01',
};

const RECORD = `mutation($input: RecordConnectivityInput!) {
  recordConnectivity(input: $input) { errors { code path message } } }`;

async function send(url, query, variables) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

/** Registers a household with fibre. */
export async function recordOneSurvey(url) {
  const { registerHousehold } = await send(url, REGISTER, { input: householdInput });
  const survey = {
    household: registerHousehold.household.code,
    surveyedOn: '2026-10-01',
    fixedLine: { technology: 'FIBRE', provider: 'VNPT' },
    mobileGeneration: 'G4',
    adultsWithSmartphone: 2,
    workingAgeTrained: 1,
    adultsWithPublicServiceAccount: 1,
    adultsWithVneidLevel2: 1,
    adultsPayingCashless: 1,
  };
  const { recordConnectivity } = await send(url, RECORD, { input: { survey } });
  if (recordConnectivity.errors.length > 0) throw new Error(JSON.stringify(recordConnectivity.errors));
}
