namespace EventCluster.Orleans.Directory;

/// <summary>The limits of one attempt.</summary>
/// <param name="Timeout">The attempt is given up after this time.</param>
/// <param name="Before">Attempts before it.</param>
/// <param name="EndsWithStop">It is given up when the directory stops.</param>
internal readonly record struct Attempt(TimeSpan Timeout, int Before, bool EndsWithStop);
