namespace EventCluster.Protocol;

/// <summary>
/// The limits that are part of the contract with clients. Operators may lower some of them by configuration;
/// nothing raises them. Relations between them are asserted by <c>ProtocolLimitsTests</c>.
/// </summary>
public static class ProtocolLimits
{
    /// <summary>Longest stream name, in bytes of UTF-8.</summary>
    public const int MaxStreamNameBytes = 512;

    /// <summary>Largest payload of one event, in bytes, on every transport.</summary>
    public const int MaxEventBytes = 1024 * 1024;

    /// <summary>Largest request body of one append or create, in bytes.</summary>
    public const int MaxRequestBodyBytes = 8 * 1024 * 1024;

    /// <summary>Most events that one append may carry.</summary>
    public const int MaxEventsPerAppend = 10_000;

    /// <summary>Most payload bytes in one read answer; one event is returned even when it alone is larger.</summary>
    public const int MaxReadAnswerBytes = 1024 * 1024;

    /// <summary>Most events in one read answer (<c>limit=</c>), and the most that <c>last=</c> may ask for.</summary>
    public const int MaxReadAnswerEvents = 10_000;

    /// <summary>Largest encoded <see cref="EventBlock"/>, in bytes: a full body plus the index of a full append.</summary>
    public const int MaxBlockBytes = 16 * 1024 * 1024;

    /// <summary>Longest producer id and longest <c>Stream-Seq</c>, in bytes of UTF-8.</summary>
    public const int MaxProducerIdBytes = 256;

    /// <summary>Largest producer epoch and sequence: 2^53 − 1, the largest integer a JavaScript client can count.</summary>
    public const long MaxProducerNumber = (1L << 53) - 1;

    /// <summary>Most producers whose state one stream remembers.</summary>
    public const int MaxProducersPerStream = 10_000;

    /// <summary>Most streams of one store.</summary>
    public const int MaxStreams = 1_000_000;

    /// <summary>Deepest chain of forks.</summary>
    public const int MaxForkDepth = 64;

    /// <summary>Deepest nesting of arrays and objects in one event of a JSON stream.</summary>
    public const int MaxJsonDepth = 128;

    /// <summary>Longest time to live and longest age that retention keeps, seconds: 100 years. More is a mistake and would overflow dates.</summary>
    public const long MaxTtlSeconds = 100L * 366 * 24 * 3600;

    /// <summary>Longest content type, in bytes.</summary>
    public const int MaxContentTypeBytes = 256;
}
