namespace EventCluster.Core.Decisions;

/// <summary>Cases of <see cref="CreateDecision"/>.</summary>
internal enum CreateDecisionKind
{
    /// <summary>A new stream.</summary>
    Created,

    /// <summary>There already.</summary>
    Exists,

    /// <summary>A release is owed first.</summary>
    NotSettled,

    /// <summary>A fork's source must be asked first.</summary>
    NeedsSource,

    /// <summary>Refused.</summary>
    Refused,
}
