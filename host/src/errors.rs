//! Every code that an error of this library can have, with its kind: what `host/docs/errors.md` explains. Those of the
//! store on disk are `um_store::CODES`.
//!
//! An error tells its own by [`Coded`]. Codes stay from version to version; messages do not.

use um_base::json::JsonError;
use um_base::rule::{HostNameError, MethodError, PlacementError, RuleError, RuleFault};
use um_base::{Over, Shortage};
use um_egress::{
    BuildError, EgressError, PemError, ProtocolFault, ProxyError, ProxyFault, RequestFault, ResponseFault, SealedFault,
    TlsFault,
};
use um_leak::InspectError;
use um_runtime::action::LoadError;
use um_runtime::action::python::InstallError;
use um_runtime::{
    AdmissionError, AskError, BareError, CacheError, CompilerError, DocumentsError, FieldsTooLarge, GrantError,
    HostError, KeyRefused, LimitError, OffLimitsError, PolicyError, PolicyFault, RunError, SocketRefused, SpecError,
};
use um_secret::{
    ActorError, BindingError, DescriptionError, ExposureError, GivenError, NameError, OpenError, RunIdError,
    SettleError, SnapshotError, ValueError, VaultError, WorkspaceNameError,
};

pub use um_base::{Coded, ErrorKind};

/// The codes of one type of error.
type Codes = &'static [(&'static str, ErrorKind)];

/// What starting an action and running it can come to.
const OF_RUNS: [Codes; 19] = [
    LoadError::CODES,
    CompilerError::CODES,
    InstallError::CODES,
    HostError::CODES,
    CacheError::CODES,
    Shortage::CODES,
    RunError::CODES,
    AdmissionError::CODES,
    OffLimitsError::CODES,
    DocumentsError::CODES,
    InspectError::CODES,
    Over::CODES,
    SpecError::CODES,
    AskError::CODES,
    GrantError::CODES,
    PolicyError::CODES,
    PolicyFault::CODES,
    LimitError::CODES,
    BareError::CODES,
];

/// What keeping secrets and asking for them can come to.
const OF_SECRETS: [Codes; 14] = [
    VaultError::CODES,
    SnapshotError::CODES,
    OpenError::CODES,
    SettleError::CODES,
    GivenError::CODES,
    NameError::CODES,
    WorkspaceNameError::CODES,
    DescriptionError::CODES,
    ValueError::CODES,
    ExposureError::CODES,
    BindingError::CODES,
    ActorError::CODES,
    RunIdError::CODES,
    KeyRefused::CODES,
];

/// What is wrong with a text.
const OF_TEXTS: [Codes; 9] = [
    RuleError::CODES,
    RuleFault::CODES,
    HostNameError::CODES,
    MethodError::CODES,
    PlacementError::CODES,
    JsonError::CODES,
    PemError::CODES,
    BuildError::CODES,
    ProxyError::CODES,
];

/// What a request of a run can be refused with, or fail with.
const OF_REQUESTS: [Codes; 9] = [
    EgressError::CODES,
    RequestFault::CODES,
    SealedFault::CODES,
    ResponseFault::CODES,
    ProxyFault::CODES,
    TlsFault::CODES,
    ProtocolFault::CODES,
    FieldsTooLarge::CODES,
    SocketRefused::CODES,
];

/// Every code, once.
pub fn all() -> impl Iterator<Item = (&'static str, ErrorKind)> {
    let families = OF_RUNS.iter().chain(&OF_SECRETS).chain(&OF_TEXTS);
    families.flat_map(|codes| codes.iter().copied()).chain(of_requests())
}

/// The codes that a [`Refusal`](um_runtime::Refusal) can have: each door has words for them.
pub fn of_requests() -> impl Iterator<Item = (&'static str, ErrorKind)> {
    OF_REQUESTS.iter().flat_map(|codes| codes.iter().copied())
}
