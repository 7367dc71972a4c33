//! What schools fulfil and banks offer: recording it, and that it ended.

use async_graphql::{Context, InputObject, Object, Result};
use registry_domain::fault::Faults;
use registry_domain::institution::{Feature, FeatureEnd, NewFeature};
use registry_domain::text::Label;
use registry_persistence::{EndFeatures, RecordFeatures};

use super::input::{InstitutionPayload, carry_out, code, root, row};
use super::object::{BankService, SchoolCriterion};
use crate::access::{AccessScope, needs};
use crate::mutation::Attempt;
use crate::scalar::Date;

/// A criterion that a school fulfils (kết quả đánh giá trường học).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct AssessSchoolInput {
    /// The school's code (mã trường).
    institution: String,
    /// Which criterion (tiêu chí).
    criterion: SchoolCriterion,
    /// Since when (ngày đạt): from its first day up to today, not before the criterion was last withdrawn.
    fulfilled_on: Date,
    /// What shows it (minh chứng), like the number of a decision, 1…200 characters.
    evidence: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A criterion that a school no longer fulfils (rút kết quả đánh giá).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct WithdrawSchoolAssessmentInput {
    /// The school's code (mã trường).
    institution: String,
    /// Which criterion (tiêu chí).
    criterion: SchoolCriterion,
    /// The first day without (không còn đạt từ ngày): after the day it was fulfilled, up to today.
    withdrawn_on: Date,
    /// Why (lý do), 1…500 characters.
    reason: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A service that a bank offers (dịch vụ ngân hàng điện tử).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct RecordBankServiceInput {
    /// The bank's code (mã ngân hàng).
    institution: String,
    /// Which service (dịch vụ).
    service: BankService,
    /// Since when (cung cấp từ ngày): from its first day up to today, not before the service last ended.
    offered_since: Date,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// A service that a bank no longer offers (ngừng dịch vụ).
#[derive(Debug, Clone, InputObject)]
pub(crate) struct EndBankServiceInput {
    /// The bank's code (mã ngân hàng).
    institution: String,
    /// Which service (dịch vụ).
    service: BankService,
    /// The first day without (ngừng từ ngày): after the day it began, up to today.
    ended_on: Date,
    /// Why (lý do), 1…500 characters.
    reason: String,
    /// Makes a retry safe (khoá chống trùng).
    idempotency_key: Option<String>,
}

/// Mutations of what schools fulfil and banks offer.
#[derive(Default)]
pub(crate) struct FeatureMutation;

#[Object]
impl FeatureMutation {
    /// Records that a school fulfils a criterion (ghi nhận trường đạt tiêu chí). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn assess_school(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The assessment (kết quả đánh giá).")] input: AssessSchoolInput,
    ) -> Result<InstitutionPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse().map(|value| RecordFeatures(vec![row(value)]));
        Ok(carry_out(context, command, attempt).await?)
    }

    /// Records that a school no longer fulfils a criterion (rút kết quả đánh giá); that it did before
    /// stays. Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn withdraw_school_assessment(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The withdrawal (rút kết quả).")] input: WithdrawSchoolAssessmentInput,
    ) -> Result<InstitutionPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let feature = Feature::Criterion(input.criterion.into());
        let command = end(&input.institution, feature, input.withdrawn_on, &input.reason);
        Ok(carry_out(context, command, attempt).await?)
    }

    /// Records that a bank offers a service (ghi nhận dịch vụ ngân hàng điện tử). Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn record_bank_service(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The service (dịch vụ).")] input: RecordBankServiceInput,
    ) -> Result<InstitutionPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let command = input.parse().map(|value| RecordFeatures(vec![row(value)]));
        Ok(carry_out(context, command, attempt).await?)
    }

    /// Records that a bank no longer offers a service (ngừng dịch vụ); that it did before stays. Needs `admin`.
    #[graphql(directive = needs::apply(vec![AccessScope::Admin]))]
    async fn end_bank_service(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The end (ngừng dịch vụ).")] input: EndBankServiceInput,
    ) -> Result<InstitutionPayload> {
        let attempt = Attempt::new(input.idempotency_key.as_deref(), &input);
        let feature = Feature::Service(input.service.into());
        let command = end(&input.institution, feature, input.ended_on, &input.reason);
        Ok(carry_out(context, command, attempt).await?)
    }
}

impl AssessSchoolInput {
    fn parse(&self) -> Result<NewFeature, Faults> {
        let mut faults = Faults::default();
        let code = code(&self.institution, &mut faults);
        let evidence = faults.keep(root().field("evidence"), Label::parse(&self.evidence));
        let feature = Feature::Criterion(self.criterion.into());
        let from = self.fulfilled_on.0;
        let new = code.zip(evidence);
        faults.or(new.map(|(code, evidence)| NewFeature {
            code,
            feature,
            from,
            evidence: Some(evidence),
        }))
    }
}

impl RecordBankServiceInput {
    fn parse(&self) -> Result<NewFeature, Faults> {
        let mut faults = Faults::default();
        let code = code(&self.institution, &mut faults);
        let feature = Feature::Service(self.service.into());
        let from = self.offered_since.0;
        faults.or(code.map(|code| NewFeature { code, feature, from, evidence: None }))
    }
}

fn end(
    institution: &str,
    feature: Feature,
    until: Date,
    reason: &str,
) -> Result<EndFeatures, Faults> {
    let mut faults = Faults::default();
    let code = code(institution, &mut faults);
    let reason = faults.keep(root().field("reason"), Label::parse(reason));
    let end = code.zip(reason);
    let end = end.map(|(code, reason)| FeatureEnd { code, feature, until: until.0, reason });
    faults.or(end).map(|value| EndFeatures(vec![row(value)]))
}
