using System.Reflection;
using Xunit;

namespace EventCluster.Protocol.Tests;

public sealed class ErrorCodeTests
{
    /// <summary>Clients switch on these texts. Adding a line is fine; changing or removing one breaks them.</summary>
    private static readonly string[] Frozen =
    [
        "bad_request", "invalid_name", "invalid_offset", "invalid_body", "empty_body", "invalid_producer", "invalid_fork",
        "invalid_trim", "origin_not_allowed", "stale_epoch", "loopback_only", "not_found", "no_such_path",
        "method_not_allowed", "configuration_conflict", "stream_closed", "content_type_mismatch", "sequence_gap",
        "stream_seq_conflict", "held_by_forks", "gap", "gone", "tail_mismatch", "too_large", "unsupported_encoding",
        "host_not_allowed", "producer_limit", "headers_too_large", "internal", "outcome_unknown", "moved", "overloaded",
        "unavailable", "storage_full", "stream_limit", "fork_depth", "data_damaged", "control_token", "backup_failed",
        "fork_limit", "too_slow", "state_full",
        "target_too_long", "unsupported_media_type",
    ];

    private static readonly ErrorCode[] All = typeof(ErrorCode)
        .GetFields(BindingFlags.Public | BindingFlags.Static)
        .Where(field => field.FieldType == typeof(ErrorCode))
        .Select(field => (ErrorCode)field.GetValue(null)!)
        .ToArray();

    [Fact]
    public void Codes_EveryFrozenOne_IsStillThere() =>
        Assert.Empty(Frozen.Except(All.Select(code => code.Value), StringComparer.Ordinal));

    [Fact]
    public void Codes_AreUniqueLowerCaseWords()
    {
        Assert.Equal(All.Length, All.Distinct().Count());
        Assert.All(All, code => Assert.Matches("^[a-z]+(_[a-z]+)*$", code.Value));
        Assert.Equal("urn:eventcluster:error:gap", ErrorCode.Gap.Urn);
    }

    [Theory]
    [InlineData(GapReason.Expired, 1, "expired")]
    [InlineData(GapReason.Trimmed, 2, "trimmed")]
    [InlineData(GapReason.Unknown, 3, "unknown")]
    [InlineData(GapReason.Recreated, 4, "recreated")]
    public void GapReason_NumberAndText_AreFrozen(GapReason reason, int number, string text)
    {
        Assert.Equal(number, (int)reason);
        Assert.Equal(text, reason.ToWire());
    }
}
