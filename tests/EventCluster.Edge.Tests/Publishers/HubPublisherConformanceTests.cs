using System.Text.Json;
using EventCluster.Conformance.Publishers;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Protocol;
using Microsoft.AspNetCore.SignalR;

namespace EventCluster.Edge.Tests.Publishers;

/// <summary>Calls of the hub.</summary>
public sealed class HubPublisherConformanceTests : EdgePublisherConformance
{
    private static readonly string[] Unsayable =
    [
        "json with escapes", "json with half a surrogate escaped", "json nested as deep as allowed", "json nested too deep",
    ];

    /// <summary>
    /// The client that is used here writes JSON anew, so escapes do not reach the server as they are; and SignalR itself refuses
    /// what is nested deeper than 64 levels before the hub sees it.
    /// </summary>
    public static new TheoryData<string> Cases => [.. PublisherCase.All.Keys.Except(Unsayable)];

    /// <inheritdoc />
    protected override async Task<string?> AppendAsync(StreamName name, PublisherCase append)
    {
        await using var client = await HubClient.OpenAsync(Server);
        using var members = JsonDocument.Parse($"{{{Members(append)}}}", new JsonDocumentOptions { MaxDepth = 200 });
        try
        {
            await client.AppendAsync(name.Value, members.RootElement);
            return null;
        }
        catch (HubException e)
        {
            using var error = JsonDocument.Parse(e.Message[e.Message.IndexOf('{', StringComparison.Ordinal)..]);
            return error.RootElement.GetProperty("code").GetString();
        }
    }
}
