using System.Text.Json.Serialization;

namespace EventCluster.Edge.SignalR;

/// <summary>JSON that is written already, as an item or a result of the hub.</summary>
[JsonConverter(typeof(HubJsonConverter))]
internal sealed class HubJson
{
    private readonly byte[] _utf8 = [];

    /// <param name="utf8">One JSON value; never changed.</param>
    public HubJson(byte[] utf8) => _utf8 = utf8;

    /// <param name="parts">A JSON value larger than a slice, as an item.</param>
    public HubJson(HubParts parts) => Parts = parts;

    /// <summary>The JSON value; empty when it comes in parts.</summary>
    public ReadOnlySpan<byte> Utf8 => _utf8;

    /// <summary>The JSON value in parts; null when it is there.</summary>
    public HubParts? Parts { get; }
}
