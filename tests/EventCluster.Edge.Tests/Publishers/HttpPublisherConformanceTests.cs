using System.Globalization;
using EventCluster.Conformance.Publishers;
using EventCluster.Edge.Tests.Server;
using EventCluster.Protocol;

namespace EventCluster.Edge.Tests.Publishers;

/// <summary>POST; several JSON events are one array.</summary>
public sealed class HttpPublisherConformanceTests : EdgePublisherConformance
{
    /// <inheritdoc />
    protected override async Task<string?> AppendAsync(StreamName name, PublisherCase append)
    {
        // A JSON array would be flattened, so arrays, and several values, are sent in one.
        var isArray = append.ContentType == "application/json" && (append.Payloads.Count != 1 || append.Payloads[0].AsSpan().StartsWith("["u8));
        byte[] body = isArray
            ? [(byte)'[', .. append.Payloads.SelectMany((payload, i) => i == 0 ? payload : [(byte)',', .. payload]), (byte)']']
            : append.Payloads.Count == 0 ? [] : append.Payloads[0];
        List<string> headers = [$"Content-Type: {append.ContentType}"];
        if (append.Producer is { } producer)
        {
            headers.AddRange([$"Producer-Id: {producer.Id}", $"Producer-Epoch: {producer.Epoch}", $"Producer-Seq: {producer.Sequence}"]);
        }

        if (append.StreamSeq is { } streamSeq)
        {
            headers.Add($"Stream-Seq: {streamSeq}");
        }

        using var connection = await RawConnection.OpenAsync(Server.Port);
        var answer = await connection.SendAsync("POST", $"/v1/stream/{name.ToUrlPath()}", body, [.. headers]);
        return answer.Status < 300 ? null : answer.Code;
    }

    /// <summary>All of them.</summary>
    public static TheoryData<string> Creations => AllCreations;

    [Theory]
    [MemberData(nameof(Creations))]
    public Task Create_Case_IsTakenOrRefusedAsEverywhere(string name) => CheckCreationAsync(name, CreateAsync);

    private async Task<string?> CreateAsync(StreamName name, CreationCase create)
    {
        var request = create.Request;
        List<string> headers = [];
        Add("Content-Type", request.ContentType?.Original);
        Add("Stream-TTL", request.TtlSeconds);
        Add("Stream-Expires-At", request.ExpiresAt?.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        Add("Stream-Retain-Events", request.Retention.Events);
        Add("Stream-Retain-Bytes", request.Retention.Bytes);
        Add("Stream-Retain-Age", request.Retention.AgeSeconds);
        using var connection = await RawConnection.OpenAsync(Server.Port);
        var answer = await connection.SendAsync(
            "PUT", $"/v1/stream/{name.ToUrlPath()}", request.Events.Count == 0 ? null : request.Events[0].ToArray(), [.. headers]);
        return answer.Status < 300 ? null : answer.Code;

        void Add(string header, object? value)
        {
            if (value is not null)
            {
                headers.Add(string.Create(CultureInfo.InvariantCulture, $"{header}: {value}"));
            }
        }
    }
}
