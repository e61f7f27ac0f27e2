using System.Text.Json;
using EventCluster.Protocol;

namespace EventCluster.EndToEnd.Tests.Http;

/// <summary>Answer to a GET.</summary>
/// <param name="Status">Status code.</param>
/// <param name="Next">Where to read on, when named.</param>
/// <param name="Body">The body.</param>
public sealed record StreamAnswer(int Status, StreamOffset? Next, string Body)
{
    /// <summary>A member of the JSON object in the body.</summary>
    public string? Member(string name)
    {
        using var json = JsonDocument.Parse(Body);
        return json.RootElement.TryGetProperty(name, out var value) ? value.ToString() : null;
    }
}
