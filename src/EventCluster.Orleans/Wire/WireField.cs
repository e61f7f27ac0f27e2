using EventCluster.Abstractions;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;

namespace EventCluster.Orleans.Wire;

/// <summary>Single fields of messages between silos, as the values that they stand for.</summary>
internal static class WireField
{
    /// <summary>A field that every version sends.</summary>
    /// <exception cref="InvalidDataException">The message lacks it.</exception>
    public static T Required<T>(T? value, string what)
        where T : class => value ?? throw new InvalidDataException($"A message between silos lacks the {what}.");

    /// <summary>A stream's name.</summary>
    public static StreamName Name(string? text) => StreamName.Parse(Required(text, "stream's name"));

    /// <summary>A content type.</summary>
    public static StreamContentType Type(string? text) => StreamContentType.Parse(Required(text, "content type"));

    /// <summary>A content type, or none.</summary>
    public static StreamContentType? OptionalType(string? text) => text is null ? null : StreamContentType.Parse(text);

    /// <summary>The incarnations of a stream.</summary>
    /// <exception cref="InvalidDataException">There is none, or they do not rise.</exception>
    public static IncarnationList Incarnations(IncarnationStart[]? starts)
    {
        try
        {
            return new IncarnationList(Required(starts, "incarnations"));
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"A message between silos has incarnations that cannot be: {e.Message}");
        }
    }

    /// <summary>A time from Unix milliseconds.</summary>
    public static DateTimeOffset? Time(long? milliseconds) =>
        milliseconds is { } known ? DateTimeOffset.FromUnixTimeMilliseconds(known) : null;

    /// <summary>Why a position is lost; a reason of a newer version is the most general one.</summary>
    public static GapReason Gap(int reason) => Enum.IsDefined((GapReason)reason) ? (GapReason)reason : GapReason.Unknown;

    /// <summary>What a read may claim; a level of a newer version is the strictest one.</summary>
    public static ReadConfirmation Confirmation(int level) =>
        Enum.IsDefined((ReadConfirmation)level) ? (ReadConfirmation)level : ReadConfirmation.Strict;

    /// <summary>Why an answer is "not now". Of a reason of a newer version it is not known whether the request had an effect.</summary>
    public static UnavailableReason Reason(int reason) =>
        Enum.IsDefined((UnavailableReason)reason) ? (UnavailableReason)reason : UnavailableReason.OutcomeUnknown;

    /// <summary>
    /// Says that a case of a newer version arrived. Its outcome is unknown here, so the caller repeats the request and in the
    /// end tells its client to try again.
    /// </summary>
    public static string UnknownCase(string family, int kind) =>
        $"The owner answered with case {kind} of {family}, which this silo's version does not know; upgrade every silo.";
}
