namespace EventCluster.Orleans.Directory;

/// <summary>The limits of one attempt.</summary>
/// <param name="Timeout">The attempt is given up after this time.</param>
/// <param name="Before">Attempts before it.</param>
/// <param name="EndsEarly">It is given up when the directory stops, and when a gateway is lost through which it may have gone.</param>
internal readonly record struct Attempt(TimeSpan Timeout, int Before, bool EndsEarly);
