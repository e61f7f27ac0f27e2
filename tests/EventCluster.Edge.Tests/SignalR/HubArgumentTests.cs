using System.Text.Json;
using EventCluster.Edge.Tests.Server;
using Microsoft.AspNetCore.Http.Connections;
using Microsoft.AspNetCore.SignalR.Client;

namespace EventCluster.Edge.Tests.SignalR;

/// <summary>Calls whose arguments do not fit their method are told what is wrong, on every transport.</summary>
public sealed class HubArgumentTests
{
    /// <summary>Too few, too many, or of another type.</summary>
    private static readonly (string Method, object?[] Arguments, bool IsStream)[] Calls =
    [
        ("Subscribe", [], true), ("Subscribe", ["s"], true), ("Subscribe", ["s", null], true),
        ("Subscribe", ["s", null, null, null], true), ("Subscribe", [7, null, null], true), ("Subscribe", ["s", 7, null], true),
        ("SubscribeMany", [], true), ("SubscribeMany", [new[] { new { stream = "s" } }], true),
        ("Append", [], false), ("Append", ["s"], false), ("Append", [new { x = 1 }, new { }], false),
        ("Describe", [], false), ("Describe", [7], false), ("Describe", ["s", "t"], false),
    ];

    public static TheoryData<HttpTransportType, int> Table
    {
        get
        {
            var table = new TheoryData<HttpTransportType, int>();
            foreach (var transport in (HttpTransportType[])
                [HttpTransportType.WebSockets, HttpTransportType.ServerSentEvents, HttpTransportType.LongPolling])
            {
                for (var i = 0; i < Calls.Length; i++)
                {
                    table.Add(transport, i);
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Call_WithOtherArguments_SaysWhatTheMethodTakes(HttpTransportType transport, int index)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.StreamAsync("s", "application/json", "1");
        await using var client = await HubClient.OpenAsync(server, transport);
        var (method, arguments, isStream) = Calls[index];
        var error = await HubClient.ErrorOfAsync(async () =>
        {
            if (isStream)
            {
                await foreach (var _ in client.Connection.StreamAsyncCore<JsonElement>(
                    method, arguments, TestContext.Current.CancellationToken))
                {
                }
            }
            else
            {
                await client.Connection.InvokeCoreAsync<JsonElement>(method, arguments, TestContext.Current.CancellationToken);
            }
        });
        Assert.Equal("bad_request", error.GetProperty("code").GetString());
        Assert.Contains($"{method} takes (", error.GetProperty("detail").GetString(), StringComparison.Ordinal);

        // The connection goes on.
        Assert.Equal("stream", (await client.DescribeAsync("s")).GetProperty("type").GetString());
    }
}
