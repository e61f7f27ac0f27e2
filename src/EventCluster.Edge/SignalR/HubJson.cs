using System.Text.Json.Serialization;

namespace EventCluster.Edge.SignalR;

/// <summary>JSON that is written already, as an item or a result of the hub.</summary>
/// <param name="utf8">One JSON value; never changed.</param>
[JsonConverter(typeof(HubJsonConverter))]
internal sealed class HubJson(byte[] utf8)
{
    /// <summary>The JSON value.</summary>
    public ReadOnlySpan<byte> Utf8 => utf8;
}
