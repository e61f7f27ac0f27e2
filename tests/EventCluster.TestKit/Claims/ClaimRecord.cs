namespace EventCluster.TestKit.Claims;

/// <summary>A request and what its answer claimed. Times count from the begin of the recording.</summary>
/// <param name="Stream">Of which stream.</param>
/// <param name="Way">Through which node, with which client and verb.</param>
/// <param name="Sent">Just before the request was sent.</param>
/// <param name="Holds">The claim holds at this time or later: when it was sent, or when its wait ended.</param>
/// <param name="Answered">Just after the answer was there.</param>
/// <param name="Claim">What the answer said.</param>
public readonly record struct ClaimRecord(
    string Stream, string Way, TimeSpan Sent, TimeSpan Holds, TimeSpan Answered, Claim Claim);
