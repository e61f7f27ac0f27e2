using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using EventCluster.Delivery.Framing;
using EventCluster.Protocol;
using Microsoft.AspNetCore.Http;

namespace EventCluster.Edge.Http;

/// <summary>Writes problem details (RFC 9457): <c>type</c>, <c>title</c>, <c>status</c>, <c>code</c>, <c>detail</c>.</summary>
public static class ProblemResponse
{
    /// <summary>Apostrophes and such stay readable: the answer is JSON with its own media type, never part of a page.</summary>
    private static readonly JsonWriterOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Answers with problem details. The response must not have started.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="code">The stable code.</param>
    /// <param name="detail">What was wrong and what is allowed.</param>
    public static Task WriteAsync(HttpContext context, int status, ErrorCode code, string detail)
    {
        ArgumentNullException.ThrowIfNull(context);
        return WriteAsync(context, new RequestFault(status, code, detail));
    }

    internal static Task WriteAsync(HttpContext context, RequestFault fault)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("type"u8, fault.Code.Urn);
            json.WriteString("title"u8, Title(fault.Code));
            json.WriteNumber("status"u8, fault.Status);
            json.WriteString("code"u8, fault.Code.Value);
            json.WriteString("detail"u8, fault.Detail);
            if (fault.Gap is not null)
            {
                GapJson.WriteMembers(json, fault.Gap, fault.SentPosition);
                json.WriteString("offset"u8, fault.Resume.ToString());
            }

            json.WriteEndObject();
        }

        var response = context.Response;
        response.StatusCode = fault.Status;
        var headers = response.Headers;
        headers.ContentType = "application/problem+json";
        headers.CacheControl = "no-store";
        headers.ContentLength = buffer.WrittenCount;
        foreach (var (name, value) in fault.Headers)
        {
            headers[name] = value;
        }


        // Not cancelled with the client: an answer to a client that is gone is dropped, not a fault.
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask
            : response.Body.WriteAsync(buffer.WrittenMemory, CancellationToken.None).AsTask();
    }

    private static string Title(ErrorCode code) =>
        char.ToUpperInvariant(code.Value[0]) + code.Value[1..].Replace('_', ' ');
}
