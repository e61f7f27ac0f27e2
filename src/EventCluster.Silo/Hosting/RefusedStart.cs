using EventCluster.Hosting.Configuration;

namespace EventCluster.Silo.Hosting;

/// <summary>A start that came to nothing.</summary>
/// <param name="Line">Why, for the operator.</param>
/// <param name="Code">The exit code.</param>
internal sealed record RefusedStart(string Line, int Code = ExitCode.CannotStart);
