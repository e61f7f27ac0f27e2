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

    /// <summary>The name's owner changed since the source was asked, so the fork's hold may be dropped: ask again.</summary>
    LostBasis,

    /// <summary>Refused.</summary>
    Refused,
}
