using System.Net;
using EventCluster.Protocol;

namespace EventCluster.Faults.Servers;

/// <summary>A whole stream as HTTP serves it.</summary>
/// <param name="Status">Of the last answer.</param>
/// <param name="Body">The bodies of all answers one after the other, those of JSON as one array.</param>
internal sealed record StreamAnswers(HttpStatusCode Status, byte[] Body)
{
    /// <summary>Reads from the earliest position to the tail.</summary>
    public static async Task<StreamAnswers> ReadAsync(HttpClient client, string stream)
    {
        var body = new List<byte>();
        for (var offset = "-1"; ;)
        {
            using var answer = await client.GetAsync($"/v1/stream/{stream}?offset={offset}");
            var bytes = await answer.Content.ReadAsByteArrayAsync();
            if (!answer.IsSuccessStatusCode)
            {
                return new StreamAnswers(answer.StatusCode, bytes);
            }

            Join(body, bytes, answer.Content.Headers.ContentType?.MediaType == "application/json");
            var next = answer.Headers.GetValues(HeaderNames.NextOffset).Single();
            if (answer.Headers.Contains(HeaderNames.UpToDate) || next == offset)
            {
                return new StreamAnswers(answer.StatusCode, [.. body]);
            }

            offset = next;
        }
    }

    private static void Join(List<byte> body, byte[] page, bool isJson)
    {
        if (!isJson || body.Count <= "[]".Length)
        {
            // An array without elements adds nothing.
            body.RemoveRange(0, isJson ? body.Count : 0);
            body.AddRange(page);
        }
        else if (page.Length > "[]".Length)
        {
            body[^1] = (byte)',';
            body.AddRange(page.AsSpan(1));
        }
    }
}
