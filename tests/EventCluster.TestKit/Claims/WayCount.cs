namespace EventCluster.TestKit.Claims;

/// <summary>What came in one way.</summary>
/// <param name="Answers">Requests recorded.</param>
/// <param name="Claims">How many answers claimed something.</param>
public readonly record struct WayCount(int Answers, int Claims);
