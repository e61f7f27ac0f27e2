using System.Text.Json;
using System.Text.RegularExpressions;
using EventCluster.Edge.Tests.Composite;
using EventCluster.Edge.Tests.Server;
using EventCluster.Edge.Tests.SignalR;
using EventCluster.Edge.Tests.WebSockets;
using EventCluster.TestKit;
using Microsoft.AspNetCore.SignalR;

namespace EventCluster.Edge.Tests.Claims;

/// <summary>Every way in on which an answer speaks of the tail of stream <c>s</c>, each asked once.</summary>
internal static partial class Ways
{
    /// <summary>The way's name, and how it is asked by a client that knows the tail of before, and its entity tag.</summary>
    public static IReadOnlyDictionary<string, Func<EdgeServer, string, string, Task<Claim>>> All { get; } =
        new Dictionary<string, Func<EdgeServer, string, string, Task<Claim>>>
        {
            ["HEAD"] = (server, _, _) => HttpAsync(server, "HEAD", ""),
            ["GET at the tail"] = (server, tail, _) => HttpAsync(server, "GET", $"?offset={tail}"),
            ["GET from the start"] = (server, _, _) => HttpAsync(server, "GET", "?offset=-1"),
            ["GET now"] = (server, _, _) => HttpAsync(server, "GET", "?offset=now"),
            ["GET last"] = (server, _, _) => HttpAsync(server, "GET", "?last=1"),
            ["GET with a tag"] = (server, tail, tag) => HttpAsync(server, "GET", $"?offset={tail}", $"If-None-Match: {tag}"),
            ["long-poll"] = (server, tail, _) => LongPollAsync(server, tail),
            ["live=sse"] = (server, tail, _) => DurableSseAsync(server, $"?live=sse&offset={tail}"),
            ["live=sse now"] = (server, _, _) => DurableSseAsync(server, "?live=sse&offset=now"),
            ["EventSource now"] = (server, _, _) => EventSourceAsync(server),
            ["WebSocket"] = (server, tail, _) => WebSocketAsync(server, tail),
            ["WebSocket from the start"] = (server, _, _) => WebSocketAsync(server, "-1"),
            ["SignalR"] = (server, tail, _) => HubAsync(server, tail),
            ["SignalR from the start"] = (server, _, _) => HubAsync(server, "-1"),
            ["SignalR describe"] = (server, _, _) => HubDescribeAsync(server),
            ["composite"] = (server, tail, _) => CompositeAsync(server, tail),
            ["listing"] = (server, _, _) => ListAsync(server),
        };

    private static async Task<Claim> HttpAsync(EdgeServer server, string method, string query, params string[] headers)
    {
        using var connection = await RawConnection.OpenAsync(server.Port);
        var answer = await Phase.OfAsync("answer", connection.SendAsync(method, "/v1/stream/s" + query, null, headers));
        return ClaimOf(answer, isDescription: method == "HEAD");
    }

    private static async Task<Claim> LongPollAsync(EdgeServer server, string tail)
    {
        using var connection = await RawConnection.OpenAsync(server.Port);
        var sent = connection.SendAsync("GET", $"/v1/stream/s?live=long-poll&offset={tail}&wait=1", null);
        var answer = await server.AdvanceUntilAsync("long-poll", sent);
        return ClaimOf(answer, isDescription: false);
    }

    private static Claim ClaimOf(Answer answer, bool isDescription)
    {
        var claims = answer.Status < 400 && (isDescription || answer.Find("Stream-Up-To-Date") == "true");
        return new Claim(
            answer.Status, claims ? answer["Stream-Next-Offset"] : null, answer.Find("Stream-Closed") == "true", answer.Find("Retry-After") is not null);
    }

    private static async Task<Claim> DurableSseAsync(EdgeServer server, string query)
    {
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteRequestAsync("GET", "/v1/stream/s" + query, null);
        var head = await connection.ReadHeadAsync();
        if (head.Status != 200)
        {
            return new Claim(head.Status, RetryAfter: head.Find("Retry-After") is not null);
        }

        // Control events until one claims the tail.
        while (true)
        {
            var text = await Phase.OfAsync("control event", connection.ReadUntilAsync("}\n\n"));
            using var control = JsonDocument.Parse(text[text.LastIndexOf("data:{", StringComparison.Ordinal)..]["data:".Length..]);
            var root = control.RootElement;
            if (root.TryGetProperty("upToDate", out _))
            {
                return new Claim(200, root.GetProperty("streamNextOffset").GetString(), root.TryGetProperty("streamClosed", out _));
            }
        }
    }

    private static async Task<Claim> EventSourceAsync(EdgeServer server)
    {
        using var connection = await RawConnection.OpenAsync(server.Port);
        await connection.WriteRequestAsync("GET", "/v1/stream/s?offset=now", null, "Accept: text/event-stream");
        var head = await connection.ReadHeadAsync();
        if (head.Status != 200)
        {
            return new Claim(head.Status);
        }

        var text = await Phase.OfAsync("first frame", connection.ReadUntilAsync("\n\n"));
        var id = Id().Match(text);
        return new Claim(200, id.Success ? id.Groups["id"].Value : null, RetryAfter: text.Contains("retry:", StringComparison.Ordinal));
    }

    private static async Task<Claim> WebSocketAsync(EdgeServer server, string offset)
    {
        using var client = await SocketClient.OpenAsync(server, "/v1/streams");
        await client.SendAsync($$"""{"type":"subscribe","id":1,"stream":"s","offset":"{{offset}}"}""");
        return OfMessage(await client.ReceiveAsync());
    }

    private static async Task<Claim> HubAsync(EdgeServer server, string offset)
    {
        await using var client = await HubClient.OpenAsync(server);
        await using var call = client.Subscribe("s", offset);
        try
        {
            return OfMessage((await call.NextAsync())!.Value);
        }
        catch (HubException e)
        {
            return OfError(e);
        }
    }

    private static async Task<Claim> HubDescribeAsync(EdgeServer server)
    {
        await using var client = await HubClient.OpenAsync(server);
        try
        {
            return OfMessage(await client.DescribeAsync("s"));
        }
        catch (HubException e)
        {
            return OfError(e);
        }
    }

    /// <summary>It claims no tail, but what a client that was at the tail gets next says where the server thinks it is.</summary>
    private static async Task<Claim> CompositeAsync(EdgeServer server, string tail)
    {
        using var client = await EventStreamClient.ConnectAsync(server, $"/v1/streams?stream=s&offset={tail}");
        if (client.Status != 200)
        {
            return new Claim(client.Status, RetryAfter: true);
        }

        while (await server.AdvanceUntilAsync("composite", client.ReadAsync()) is { } next)
        {
            if (next.Name == ":")
            {
                // A heartbeat: there is nothing new.
                return new Claim(200);
            }

            if (next.Name is "message" or "end" && Offset().Match(next.Data) is { Success: true } match)
            {
                using var message = JsonDocument.Parse(next.Data);
                var last = message.RootElement.TryGetProperty("events", out var events) ? events[events.GetArrayLength() - 1] : message.RootElement;
                return new Claim(200, last.GetProperty("offset").GetString(), next.Name == "end");
            }

            if (next.Name is "gap" or "error")
            {
                return new Claim(next.Name == "gap" ? 410 : 503, RetryAfter: true);
            }
        }

        return new Claim(200, RetryAfter: client.Retry > 0);
    }

    private static async Task<Claim> ListAsync(EdgeServer server)
    {
        var answer = await server.SendAsync("GET", "/v1/admin/streams?prefix=s");
        if (answer.Status != 200)
        {
            return new Claim(answer.Status, RetryAfter: answer.Find("Retry-After") is not null);
        }

        using var document = JsonDocument.Parse(answer.Body);
        var rows = document.RootElement.GetProperty("streams");
        return rows.GetArrayLength() == 0
            ? new Claim(404)
            : new Claim(200, rows[0].GetProperty("tail").GetString(), rows[0].GetProperty("closed").GetBoolean());
    }

    private static Claim OfMessage(JsonElement message)
    {
        var error = message.TryGetProperty("type", out var type) && type.GetString() == "error";
        return error
            ? OfCode(message.GetProperty("code").GetString()!)
            : new Claim(
                200,
                message.TryGetProperty("tail", out var tail) ? tail.GetString() : null,
                message.TryGetProperty("closed", out var closed) && closed.GetBoolean());
    }

    private static Claim OfError(HubException exception)
    {
        using var document = JsonDocument.Parse(exception.Message[exception.Message.IndexOf('{', StringComparison.Ordinal)..]);
        return OfCode(document.RootElement.GetProperty("code").GetString()!);
    }

    private static Claim OfCode(string code) => code switch
    {
        "not_found" => new Claim(404),
        "gone" => new Claim(410),
        _ => new Claim(503, RetryAfter: true),
    };

    [GeneratedRegex("id: ?(?<id>[0-9a-v]{20})", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Id();

    [GeneratedRegex("[0-9a-v]{20}", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Offset();
}
