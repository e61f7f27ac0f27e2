using EventCluster.Faults.Images;
using EventCluster.Faults.Servers;

namespace EventCluster.Faults.Crashes;

/// <summary>What a store that was made in this process was told: any one of its last states, and all streams the same.</summary>
/// <param name="states">Answers by stream, oldest state first.</param>
internal sealed class ImageExpectation(IReadOnlyList<IReadOnlyDictionary<string, WorkAnswer>> states) : IExpectation
{
    public async Task<string?> FindFaultAsync(HttpClient client)
    {
        var served = new Dictionary<string, StreamAnswers>(StringComparer.Ordinal);
        foreach (var stream in states[^1].Keys)
        {
            served[stream] = await StreamAnswers.ReadAsync(client, stream);
        }

        for (var i = states.Count - 1; i >= 0; i--)
        {
            if (states[i].All(expected => expected.Value.Fits(served[expected.Key])))
            {
                return null;
            }
        }

        var different = states[^1].First(expected => !expected.Value.Fits(served[expected.Key]));
        var answer = served[different.Key];
        return $"'{different.Key}' is answered {(int)answer.Status} with {answer.Body.Length} bytes; acknowledged were {different.Value}";
    }
}
