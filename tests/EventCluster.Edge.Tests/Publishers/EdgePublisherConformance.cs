using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;
using EventCluster.Abstractions.Streams;
using EventCluster.Conformance.Publishers;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Publishers;

/// <summary>Every way to publish through an edge.</summary>
public abstract class EdgePublisherConformance : PublisherConformance, IAsyncDisposable
{
    private EdgeServer? _server;

    private protected EdgeServer Server => _server!;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
        {
            await _server.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <inheritdoc />
    protected override async Task StartAsync() => _server = await EdgeServer.StartAsync();

    /// <inheritdoc />
    protected override IStreamHandle Owner(StreamName name) => Server.Directory.GetStream(name);

    private protected static bool IsJson(byte[] payload)
    {
        if (!Utf8.IsValid(payload))
        {
            return false;
        }

        try
        {
            using var document = JsonDocument.Parse(payload, new JsonDocumentOptions { MaxDepth = 200 });
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The members of an <c>append</c>. What is no JSON, or no text, can only be sent as base64.</summary>
    private protected static string Members(PublisherCase append)
    {
        var isJson = append.ContentType.StartsWith("application/json", StringComparison.Ordinal);
        var events = string.Join(',', append.Payloads.Select(payload => isJson && IsJson(payload)
            ? $$"""{"data":{{Encoding.UTF8.GetString(payload)}}}"""
            : $$"""{"base64":"{{Convert.ToBase64String(payload)}}"}"""));
        var members = new StringBuilder($$"""
            "contentType":{{Quoted(append.ContentType)}},"events":[{{events}}]
            """);
        if (append.Producer is { } producer)
        {
            members.Append(CultureInfo.InvariantCulture, $$""","producer":{"id":{{Quoted(producer.Id)}},"epoch":{{producer.Epoch}},"seq":{{producer.Sequence}}}""");
        }

        if (append.StreamSeq is { } streamSeq)
        {
            members.Append(CultureInfo.InvariantCulture, $$""","streamSeq":{{Quoted(streamSeq)}}""");
        }

        return members.ToString();
    }

    private static string Quoted(string text) => JsonValue.Create(text).ToJsonString();
}
