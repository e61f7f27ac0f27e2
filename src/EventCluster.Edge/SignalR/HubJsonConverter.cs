using System.Text.Json;
using System.Text.Json.Serialization;

namespace EventCluster.Edge.SignalR;

/// <summary>Puts written JSON into a SignalR message as it stands.</summary>
internal sealed class HubJsonConverter : JsonConverter<HubJson>
{
    /// <summary>Not needed: the hub only sends these.</summary>
    public override HubJson Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        throw new NotSupportedException("The hub sends these values and never takes them.");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, HubJson value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.Utf8, skipInputValidation: true);
}
