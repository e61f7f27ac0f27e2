namespace EventCluster.TestKit.Claims;

/// <summary>A wrong claim.</summary>
/// <param name="Kind">How it is wrong.</param>
/// <param name="Record">The request and its answer.</param>
/// <param name="Against">What it contradicts.</param>
public sealed record ClaimFault(ClaimFaultKind Kind, ClaimRecord Record, string Against)
{
    /// <inheritdoc />
    public override string ToString() =>
        $"{Kind}: {Record.Way} of {Record.Stream}, sent at {Text(Record.Sent)}, answered at {Text(Record.Answered)}"
        + (Record.Holds == Record.Sent ? "" : $", which waited until {Text(Record.Holds)}") + $": {Record.Claim}, but {Against}";

    /// <summary>A time of the recording.</summary>
    internal static string Text(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.000000} s");
}
