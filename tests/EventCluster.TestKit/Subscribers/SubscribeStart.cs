using EventCluster.Protocol;

namespace EventCluster.TestKit.Subscribers;

/// <summary>Where to begin: exactly one of the members is set.</summary>
/// <param name="Offset"><c>-1</c>, <c>now</c>, or an offset.</param>
/// <param name="Last">The newest so many events.</param>
/// <param name="Token">What the same transport gave to resume with (<see cref="Sighting.Token"/>).</param>
public sealed record SubscribeStart(string? Offset, int? Last = null, string? Token = null)
{
    /// <summary>From the earliest retained event.</summary>
    public static SubscribeStart Earliest { get; } = new("-1");

    /// <summary>From the tail.</summary>
    public static SubscribeStart Now { get; } = new("now");

    /// <summary>The query of a read that begins here; a token is an offset unless the transport says otherwise.</summary>
    public string Query => Last is { } count ? $"last={count}" : $"offset={Offset ?? Token}";

    /// <summary>After an offset.</summary>
    public static SubscribeStart At(StreamOffset offset) => new(offset.ToString());

    /// <summary>At most so many events before the tail.</summary>
    public static SubscribeStart LastOf(int count) => new(null, Last: count);

    /// <summary>Where a connection of the same transport stood.</summary>
    public static SubscribeStart Resume(string token) => new(null, Token: token);
}
