using System.Text.Json;

namespace EventCluster.Edge.Tests.Server;

/// <summary>
/// What a stream holds is never a page of this origin: every answer that carries stored bytes, whatever their type and
/// however they are asked for, is sandboxed and not sniffed.
/// </summary>
public sealed class StoredContentTests
{
    private const string Script = "<script xmlns='http://www.w3.org/1999/xhtml'>fetch('/v1/admin/streams')</script>";

    private static readonly string[] Types =
    [
        "text/html", "text/html; charset=utf-8", "TEXT/HTML", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml",
        "application/pdf", "text/javascript", "application/json", "text/plain", "application/octet-stream", "text/css",
        "multipart/x-mixed-replace; boundary=x", "message/rfc822", "x-unknown/x-unknown",
    ];

    /// <summary>Every way of asking, with the status of its answer for a stream that is open and has one event.</summary>
    private static readonly (string Method, string Target, int Status, string? Header)[] Ways =
    [
        ("GET", "/v1/stream/a", 200, null),
        ("GET", "/v1/stream/a", 200, "Accept: text/html"),
        ("GET", "/v1/stream/a", 200, "Origin: http://localhost:5173"),
        ("GET", "/v1/stream/a", 403, "Origin: https://evil.example"),
        ("HEAD", "/v1/stream/a", 200, null),
        ("GET", "/v1/stream/a?offset=-1&limit=1", 200, null),
        ("GET", "/v1/stream/a?last=1", 200, null),
        ("GET", "/v1/stream/a", 200, "Range: bytes=0-3"),
        ("GET", "/v1/stream/a", 304, "If-None-Match: *"),
        ("GET", "/v1/stream/a?offset=-1&live=long-poll", 200, null),
        ("GET", "/v1/stream/a?offset=-1&live=sse", 200, null),
        ("GET", "/v1/stream/a", 200, "Accept: text/event-stream"),
        ("GET", "/v1/stream/a?live=eventsource&encoding=base64", 200, null),
        ("GET", "/v1/streams?stream=a", 200, null),
        ("GET", "/v1/stream/a?offset=x", 400, null),
        ("GET", "/v1/stream/a?offset=0000001000000000000v", 410, null),
        ("GET", "/v1/stream/<script>", 400, null),
    ];

    public static TheoryData<string, string, string, int, string?> Table
    {
        get
        {
            var table = new TheoryData<string, string, string, int, string?>();
            foreach (var type in Types)
            {
                foreach (var (method, target, status, header) in Ways)
                {
                    table.Add(type, method, target, status, header);
                }
            }

            return table;
        }
    }

    [Theory]
    [MemberData(nameof(Table))]
    public async Task Answer_WithStoredBytes_IsSandboxed(string type, string method, string target, int status, string? header)
    {
        await using var server = await EdgeServer.StartAsync();
        var body = type == "application/json" ? JsonSerializer.Serialize(Script) : Script;
        var created = await server.SendAsync("PUT", "/v1/stream/a", body, $"Content-Type: {type}");
        Assert.True(created.Status == 201, created.Text);
        AssertSafe(created);
        using var reader = await RawConnection.OpenAsync(server.Port);
        await reader.WriteRequestAsync(method, target, null, header is null ? [] : [header]);
        var head = await reader.ReadHeadAsync();
        if (!target.Contains('<', StringComparison.Ordinal))
        {
            Assert.Equal(status, head.Status);
        }

        AssertSafe(head);
        var refused = await server.SendAsync("POST", "/v1/stream/a", Script, "Content-Type: text/x-other");
        Assert.Equal(409, refused.Status);
        AssertSafe(refused);
        AssertSafe(await server.SendAsync("DELETE", "/v1/stream/a"));
        AssertSafe(await server.SendAsync(method, target));
    }

    /// <summary>An acknowledgement carries no stored bytes, and is the answer that is sent most: it says nothing about content.</summary>
    [Theory]
    [InlineData(204)]
    [InlineData(204, "Stream-Closed: true")]
    [InlineData(200, "Producer-Id: p", "Producer-Epoch: 0", "Producer-Seq: 0")]
    public async Task Append_Acknowledged_HasNoBodyAndNoPolicyOfOne(int status, params string[] headers)
    {
        await using var server = await EdgeServer.StartAsync();
        await server.CreateAsync("a", "text/html", "x");
        var answer = await server.SendAsync("POST", "/v1/stream/a", Script, ["Content-Type: text/html", .. headers]);
        Assert.Equal((status, ""), (answer.Status, answer.Text));
        Assert.Null(answer.Find("Content-Security-Policy"));
        Assert.Equal(("nosniff", "same-origin"), (answer["X-Content-Type-Options"], answer["Cross-Origin-Resource-Policy"]));
    }

    private static void AssertSafe(Answer answer) => Assert.Equal(
        ("sandbox", "nosniff"), (answer["Content-Security-Policy"], answer["X-Content-Type-Options"]));
}
