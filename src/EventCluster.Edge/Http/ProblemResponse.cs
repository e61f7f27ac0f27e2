using System.Buffers;
using System.Text.Json;
using EventCluster.Abstractions.Streams;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Http;

/// <summary>Writes problem details (RFC 9457): <c>type</c>, <c>code</c>, <c>title</c>, <c>status</c>, <c>detail</c>.</summary>
public static class ProblemResponse
{
    /// <summary>Answers with problem details. The response must not have started.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">The stable code.</param>
    /// <param name="detail">What was wrong and what is allowed.</param>
    public static Task WriteAsync(HttpContext context, int status, ErrorCode code, string detail) =>
        WriteAsync(context, status, code, detail, gap: null);

    /// <summary>Answers with problem details that carry the members of a gap.</summary>
    internal static Task WriteAsync(HttpContext context, int status, ErrorCode code, string detail, StreamGap? gap)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, code.Urn);
            json.WriteString("title"u8, Title(code));
            json.WriteNumber("status"u8, status);
            json.WriteString("code"u8, code.Value);
            json.WriteString("detail"u8, detail);
            if (gap is not null)
            {
                GapJson.WriteMembers(json, gap);
            }

            json.WriteEndObject();
        }

        var response = context.Response;
        response.StatusCode = status;
        var headers = response.Headers;
        headers.ContentType = "application/problem+json";
        headers.CacheControl = "no-store";
        headers.ContentLength = buffer.WrittenCount;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted).AsTask();
    }

    private static string Title(ErrorCode code) =>
        char.ToUpperInvariant(code.Value[0]) + code.Value[1..].Replace('_', ' ');
}
