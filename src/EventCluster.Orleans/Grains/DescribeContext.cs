using EventCluster.Abstractions.Streams;

namespace EventCluster.Orleans.Grains;

/// <summary>
/// What a describe may claim travels beside the call: an owner of an earlier version does not look for it, and a caller
/// of an earlier version does not send it and gets confirmed answers.
/// </summary>
internal static class DescribeContext
{
    private const string Key = "ec.confirmation";

    /// <summary>Set for the calls of the asynchronous method that the caller is in.</summary>
    public static void Set(ReadConfirmation confirmation)
    {
        if (confirmation == ReadConfirmation.Strict)
        {
            RequestContext.Remove(Key);
        }
        else
        {
            RequestContext.Set(Key, (int)confirmation);
        }
    }

    /// <summary>What the caller of the grain asked for.</summary>
    public static ReadConfirmation Get() =>
        RequestContext.Get(Key) is int level && Enum.IsDefined((ReadConfirmation)level) ? (ReadConfirmation)level : ReadConfirmation.Strict;
}
